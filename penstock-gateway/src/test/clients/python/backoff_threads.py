"""A thread pool over a function that backoff repeats on rate limits; the SDK itself is told not to retry."""

from concurrent.futures import ThreadPoolExecutor

import backoff
import openai

from report import MODEL, Report, messages, prompts

THREADS = 20

report = Report()
client = openai.OpenAI(max_retries=0)


@backoff.on_exception(backoff.expo, openai.RateLimitError, factor=0.1, max_tries=5, on_backoff=report.retried)
def ask(prompt):
    try:
        return client.chat.completions.create(model=MODEL, messages=messages(prompt))
    except Exception as error:
        report.failed_attempt(error)
        raise


def ask_and_count(prompt):
    try:
        report.answered(ask(prompt))
    except Exception as error:
        report.failed(error)


with ThreadPoolExecutor(THREADS) as pool:
    list(pool.map(ask_and_count, prompts()))
report.print()
