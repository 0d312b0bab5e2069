"""Files and batches as the guides show them: upload, create, poll, read both files, page through lists, cancel, delete."""

import json
import sys
import time

import openai

ROWS = 500
client = openai.OpenAI()
report = {"exceptions": [], "statuses": []}


def write_input(path):
    with open(path, "w", encoding="utf-8") as file:
        for number in range(ROWS):
            body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": f"Größe von {number}?"}]}
            row = {"custom_id": f"row-{number}", "method": "POST", "url": "/v1/chat/completions", "body": body}
            file.write(json.dumps(row) + "\n")


def create(file_id, part):
    return client.batches.create(
        input_file_id=file_id,
        endpoint="/v1/chat/completions",
        completion_window="24h",
        metadata={"job": "7", "part": str(part)},
    )


def wait_for(batch_id):
    while True:
        batch = client.batches.retrieve(batch_id)
        if batch.status not in report["statuses"]:
            report["statuses"].append(batch.status)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.02)


def rows_of(file_id):
    if file_id is None:
        return []
    return [json.loads(line) for line in client.files.content(file_id).text.splitlines() if line]


def whole_way():
    write_input("input.jsonl")
    with open("input.jsonl", "rb") as content:
        file = client.files.create(
            file=content, purpose="batch", expires_after={"anchor": "created_at", "seconds": 1_000_000}
        )
    assert file.expires_at - file.created_at == 1_000_000
    batch = wait_for(create(file.id, 1).id)
    answers, errors = rows_of(batch.output_file_id), rows_of(batch.error_file_id)
    assert all(row["response"]["body"]["choices"][0]["message"]["content"] for row in answers)
    assert all(row["response"]["body"]["error"]["message"] for row in errors)
    report["completed"] = batch.request_counts.completed
    report["failed"] = batch.request_counts.failed
    report["answers"] = len(answers)
    report["errors"] = len(errors)
    report["distinct"] = len({row["custom_id"] for row in answers + errors})
    report["usage"] = batch.usage.input_tokens
    report["part"] = batch.metadata["part"]
    return file


def lists_and_ends(file):
    cancelled = create(file.id, 2)
    report["cancel"] = client.batches.cancel(cancelled.id).status
    report["cancelled"] = wait_for(cancelled.id).status
    create(file.id, 3)
    report["parts_listed"] = [batch.metadata["part"] for batch in client.batches.list(limit=2)]
    report["files_listed"] = len([listed.id for listed in client.files.list(purpose="batch", limit=1)])
    report["deleted"] = client.files.delete(file.id).deleted
    try:
        client.files.retrieve(file.id)
    except openai.NotFoundError as error:
        report["after_deletion"] = error.status_code


try:
    lists_and_ends(whole_way())
except Exception as error:
    report["exceptions"].append(f"{type(error).__name__}: {error}")
    print(report["exceptions"][-1], file=sys.stderr)
print(json.dumps(report))
