"""Discord's markdown as the page draws it."""

import pytest
from playwright.async_api import Browser, Page

from sandbox.discord import DiscordServer
from tests.browser.conftest import opened

DRAW = """async (source) => {
    const { markdown } = await import("/page/markdown-view.js");
    const directory = {
        user: (id) => (id === "1" ? { username: "ada", global_name: "Ada" } : undefined),
        role: (id) => (id === "3" ? { name: "Patrons" } : undefined),
        textChannel: (id) => (id === "2" ? { name: "paintings" } : undefined),
    };
    return markdown(source, directory).innerHTML;
}"""

LINK = 'target="_blank" rel="noopener noreferrer"'

CASES = {
    "**bold** *it* _it_ __u__ ~~s~~": "<strong>bold</strong> <em>it</em> <em>it</em> <u>u</u> <s>s</s>",
    "***both***": "<strong><em>both</em></strong>",
    "snake_case_word 2 * 3 * 4": "snake_case_word 2 * 3 * 4",
    "**open": "**open",
    r"\*no\* \<@1\> \# \||": "*no* &lt;@1&gt; # ||",
    "`**code**` ``a`b``": "<code>**code**</code> <code>a`b</code>",
    "```py\n<b>\n```after": '<pre><code data-language="py">&lt;b&gt;</code></pre>after',
    "> a\n> b\nc": "<blockquote><div>a\nb</div></blockquote>c",
    ">>> a\nb": "<blockquote><div>a\nb</div></blockquote>",
    "# A\n## B\n### C\n-# d": "<h3>A</h3><h4>B</h4><h5>C</h5><small>d</small>",
    "#no heading": "#no heading",
    "- a\n  - b\n- c": '<div class="lists"><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul></div>',
    "3. a\n4. b": '<div class="lists"><ol start="3"><li>a</li><li>b</li></ol></div>',
    "[x](https://a.b)": f'<a href="https://a.b" {LINK}>x</a>',
    "[x](javascript:alert(1))": "[x](javascript:alert(1))",
    "(https://a.b/c_d_e).": f'(<a href="https://a.b/c_d_e" {LINK}>https://a.b/c_d_e</a>).',
    "<https://a.b>": f'<a href="https://a.b" {LINK}>https://a.b</a>',
    "<@1> <@!1> <@9>": " ".join(
        f'<span class="mention">@{name}</span>' for name in ("Ada", "Ada", "unknown-user")
    ),
    "<#2> </imagine:3> @everyone": " ".join(
        f'<span class="mention">{name}</span>' for name in ("#paintings", "/imagine", "@everyone")
    ),
    "<@&3> <@&9>": '<span class="mention">@Patrons</span> <span class="mention">@unknown-role</span>',
    "<:brush:4>": '<img class="emoji" src="/emojis/4" alt=":brush:" title=":brush:" draggable="false">',
    "<a:wave:5>": '<img class="emoji" src="/emojis/5" alt=":wave:" title=":wave:" draggable="false">',
    "<img src=x onerror=alert(1)>": "&lt;img src=x onerror=alert(1)&gt;",
    "<t:x:R>": "&lt;t:x:R&gt;",
}

HARD = (
    "*" * 4000,
    "**a " * 1000,
    "[" * 4000,
    "> " * 2000,
    "||" * 2000,
    "_a" * 2000,
    "`" * 3999,
    "* a" * 1300,
)


async def test_markdown(discord_server: DiscordServer, browser: Browser) -> None:
    async with opened(browser, discord_server.url) as page:
        drawn = {source: await page.evaluate(DRAW, source) for source in CASES}
    assert drawn == CASES


async def test_a_spoiler_shows_when_it_is_pressed(discord_server: DiscordServer, browser: Browser) -> None:
    async with opened(browser, discord_server.url) as page:
        await page.get_by_label("Message #paintings").fill("||secret||")
        await page.keyboard.press("Enter")
        secret = page.get_by_text("secret")
        await secret.wait_for(state="hidden")
        await page.get_by_role("button", name="Spoiler").press("Enter")
        await secret.wait_for(state="visible")


async def test_relative_times_stay_current(discord_server: DiscordServer, browser: Browser) -> None:
    async with opened(browser, discord_server.url) as page:
        await page.clock.install()
        await page.reload()
        now = await page.evaluate("Math.floor(Date.now() / 1000)")
        await page.get_by_label("Message #paintings").fill(f"<t:{now - 60}:R>")
        await page.keyboard.press("Enter")
        await page.get_by_text("1 minute ago").wait_for()
        await page.clock.fast_forward("05:00")
        await page.get_by_text("6 minutes ago").wait_for()


@pytest.mark.parametrize("source", HARD, ids=lambda source: source[:4])
async def test_no_message_keeps_the_page_busy(
    discord_server: DiscordServer, browser: Browser, source: str
) -> None:
    async with opened(browser, discord_server.url) as page:
        assert await _is_read_in_time(page, source)


async def _is_read_in_time(page: Page, source: str) -> bool:
    """A pattern that tries everything takes minutes for these; a bound of seconds is far from both."""
    took: float = await page.evaluate(
        f"async (source) => {{ const start = performance.now(); await ({DRAW})(source);"
        " return performance.now() - start; }",
        source,
    )
    return took < 5000
