"""A hundred prompts, ten at a time behind a semaphore."""

import asyncio

import openai

from report import MODEL, Report, messages, prompts

AT_A_TIME = 10


async def main():
    report = Report()
    room = asyncio.Semaphore(AT_A_TIME)
    async with openai.AsyncOpenAI() as client:

        async def ask(prompt):
            async with room:
                try:
                    answer = await client.chat.completions.create(model=MODEL, messages=messages(prompt))
                    report.answered(answer)
                except Exception as error:
                    report.failed_attempt(error)
                    report.failed(error)

        await asyncio.gather(*map(ask, prompts()))
    report.print()


asyncio.run(main())
