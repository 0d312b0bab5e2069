"""A thread pool over a function that tenacity repeats, with the random exponential waits of the usual recipe."""

from concurrent.futures import ThreadPoolExecutor

import openai
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from report import MODEL, Report, messages, prompts

THREADS = 20

report = Report()
client = openai.OpenAI()


@retry(
    retry=retry_if_exception_type(openai.APIError),
    wait=wait_random_exponential(min=0.1, max=5),
    stop=stop_after_attempt(4),
    before_sleep=report.retried,
    reraise=True,
)
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
