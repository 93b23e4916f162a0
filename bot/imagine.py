"""`/imagine`: stores a job and answers with its place in line. Nothing slow happens before the answer."""

import asyncio
import logging
from datetime import timedelta

import discord
from discord import app_commands

from bot import render
from bot.prompts import check_size, clean_prompt
from db.jobs import Job, Jobs, Order
from db.models import PROMPT_LENGTH_MAX, SIDE_DEFAULT, SIDE_MAX, SIDE_MIN
from db.replies import Replies

log = logging.getLogger(__name__)

TOKEN_LIFE = timedelta(minutes=15)
ENQUEUE_TIMEOUT_SECONDS = 2.0
"""Discord waits 3 seconds for an answer, and some of them are needed to say that Postgres did not answer."""

Interaction = discord.Interaction[discord.Client]
Command = app_commands.Command[app_commands.Group, ..., None]


def imagine_command(jobs: Jobs, replies: Replies, *, model: str) -> Command:
    @app_commands.command(description="Paint a picture from words")
    @app_commands.describe(
        prompt="What the picture should show",
        width=f"Width in pixels, {SIDE_MIN} to {SIDE_MAX} (default {SIDE_DEFAULT})",
        height=f"Height in pixels, {SIDE_MIN} to {SIDE_MAX} (default {SIDE_DEFAULT})",
    )
    # Installing it for a single user, who could then spend the owner's credits anywhere, is not offered.
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def imagine(
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, PROMPT_LENGTH_MAX],
        width: app_commands.Range[int, SIDE_MIN, SIDE_MAX] = SIDE_DEFAULT,
        height: app_commands.Range[int, SIDE_MIN, SIDE_MAX] = SIDE_DEFAULT,
    ) -> None:
        order = _order(interaction, clean_prompt(prompt), width, height, model)
        async with asyncio.timeout(ENQUEUE_TIMEOUT_SECONDS):
            job = await jobs.enqueue(order)
            if job is None:
                log.info("interaction %d came again; its job is there already", interaction.id)
                return
            place = await jobs.place_in_line(job)
        await _answer(interaction, replies, job, place)

    return imagine


def _order(interaction: Interaction, prompt: str, width: int, height: int, model: str) -> Order:
    check_size(width, height)
    if interaction.channel_id is None:
        raise AssertionError("Discord sends a channel with every command")
    return Order(
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        token_expires_at=interaction.created_at + TOKEN_LIFE,
        member_id=interaction.user.id,
        guild_id=interaction.guild_id,
        channel_id=interaction.channel_id,
        prompt=prompt,
        width=width,
        height=height,
        model=model,
    )


async def _answer(interaction: Interaction, replies: Replies, job: Job, place: int) -> None:
    try:
        callback = await interaction.response.send_message(view=render.waiting(job, place).view)
    except discord.HTTPException as error:
        # The job is stored all the same: the keeper finds it unanswered, and another way to the member.
        log.warning("job %d could not be answered: %s", job.id, error)
        return
    await replies.shown(job.id, job.revision, message_id=callback.message_id)
