"""A hundred prompts at once with asyncio.gather, nothing limited, the SDK as it comes."""

import asyncio

import openai

from report import MODEL, Report, messages, prompts


async def main():
    report = Report()
    async with openai.AsyncOpenAI() as client:

        async def ask(prompt):
            answer = await client.chat.completions.create(model=MODEL, messages=messages(prompt))
            report.answered(answer)

        for result in await asyncio.gather(*map(ask, prompts()), return_exceptions=True):
            if isinstance(result, BaseException):
                report.failed_attempt(result)
                report.failed(result)
    report.print()


asyncio.run(main())
