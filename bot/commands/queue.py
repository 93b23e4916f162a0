"""`/queue`: what a member has waiting and at work, with Cancel on each."""

from typing import Any

from discord import app_commands, ui
from discord.utils import format_dt

from bot.controls.job_buttons import Action, JobButton
from bot.messages import order as render
from bot.messages.prompts import escape
from bot.messages.words import Words
from bot.rights.access import in_time
from bot.services import Interaction, services_of, words_of
from db.orders import Estimate, Job, State

SHOWN_MAX = 12
"""Three components each; Discord takes 40 in all."""

_PROMPT_LENGTH_MAX = 120


@app_commands.command(description="Your pictures that are waiting or being painted")
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
async def queue(interaction: Interaction) -> None:
    jobs = await in_time(services_of(interaction).jobs.open_of(interaction.user.id))
    view = queue_view(jobs, words_of(interaction))
    await interaction.response.send_message(view=view, ephemeral=True)


def queue_view(jobs: list[tuple[Job, Estimate]], say: Words) -> ui.LayoutView:
    if not jobs:
        return render.notice(say("⏳ Nothing of yours is waiting or being painted."))
    items: list[ui.Item[Any]] = [ui.TextDisplay(say("### ⏳ Your queue"))]
    items += [
        ui.Section(_line(job, estimate, say), accessory=JobButton(Action.DROP, job.id, say))
        for job, estimate in jobs[:SHOWN_MAX]
    ]
    if len(jobs) > SHOWN_MAX:
        more = len(jobs) - SHOWN_MAX
        items.append(ui.TextDisplay(say.plural("and {count} more", "and {count} more", more)))
    return render.view_of(ui.Container(*items))


def _line(job: Job, estimate: Estimate, say: Words) -> str:
    if job.state is State.RUNNING and job.started_at is not None:
        where = say("🔄 Being painted since {since}", since=format_dt(job.started_at, "R"))
    else:
        where = render.waiting_line(estimate, say)
    return f"{escape(job.prompt, _PROMPT_LENGTH_MAX)}\n-# {where}"
