"""Streams of both APIs, which must arrive while they are produced, and the headers of a raw response."""

import time

import openai

from report import MODEL, Report, messages

report = Report(calls=3)
client = openai.OpenAI()


def arrives_while_produced(stream, first, last):
    """A relay that holds a stream back until it is whole delivers its first event at the time of its last."""
    producing_seconds = int(stream.response.headers.get("openai-processing-ms", "0")) / 1000
    return last - first > producing_seconds / 2


def chat_stream():
    first = last = None
    text, finish, usage, answer_id = "", None, None, None
    stream = client.chat.completions.create(
        model=MODEL,
        messages=messages("Tell me a story."),
        max_tokens=2000,
        stream=True,
        stream_options={"include_usage": True},
    )
    for chunk in stream:
        last = time.monotonic()
        first = first or last
        answer_id = chunk.id
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    report.answered_with(answer_id)
    whole = finish in ("stop", "length") and usage is not None and len(text.split()) == usage.completion_tokens
    report.streamed(whole and arrives_while_produced(stream, first, last))


def response_stream():
    first = last = None
    text, completed = "", None
    stream = client.responses.create(model=MODEL, input="Tell me another.", max_output_tokens=2000, stream=True)
    for event in stream:
        last = time.monotonic()
        first = first or last
        if event.type == "response.output_text.delta":
            text += event.delta
        elif event.type in ("response.completed", "response.incomplete"):
            completed = event.response
    report.answered_with(completed.id)
    whole = completed.output_text == text and len(text.split()) == completed.usage.output_tokens
    report.streamed(whole and arrives_while_produced(stream, first, last))


def raw_response():
    raw = client.chat.completions.with_raw_response.create(model=MODEL, messages=messages("Hello"))
    report.saw_headers(raw.headers)
    report.answered(raw.parse())


for call in (chat_stream, response_stream, raw_response):
    try:
        call()
    except Exception as error:
        report.failed_attempt(error)
        report.failed(error)
report.print()
