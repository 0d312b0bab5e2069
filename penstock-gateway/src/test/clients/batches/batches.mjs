// Files and batches as the guides show them: upload, create, poll, read both files, page through lists, cancel, delete.
import { createReadStream, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import OpenAI, { NotFoundError } from "openai";

const ROWS = 500;
const client = new OpenAI();
const report = { exceptions: [], statuses: [] };

function check(holds, what) {
  if (!holds) throw new Error(what);
}

function writeInput(path) {
  const rows = Array.from({ length: ROWS }, (_, number) => ({
    custom_id: `row-${number}`,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "gpt-4o-mini", messages: [{ role: "user", content: `Größe von ${number}?` }] },
  }));
  writeFileSync(path, rows.map((row) => JSON.stringify(row) + "\n").join(""));
}

function create(fileId, part) {
  return client.batches.create({
    input_file_id: fileId,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    metadata: { job: "7", part: String(part) },
  });
}

async function waitFor(batchId) {
  for (;;) {
    const batch = await client.batches.retrieve(batchId);
    if (!report.statuses.includes(batch.status)) report.statuses.push(batch.status);
    if (["completed", "failed", "expired", "cancelled"].includes(batch.status)) return batch;
    await sleep(20);
  }
}

async function rowsOf(fileId) {
  if (!fileId) return [];
  const text = await (await client.files.content(fileId)).text();
  return text.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

async function wholeWay() {
  writeInput("input.jsonl");
  const file = await client.files.create({
    file: createReadStream("input.jsonl"),
    purpose: "batch",
    expires_after: { anchor: "created_at", seconds: 1_000_000 },
  });
  check(file.expires_at - file.created_at === 1_000_000, "the file stays for another time than asked");
  const batch = await waitFor((await create(file.id, 1)).id);
  const answers = await rowsOf(batch.output_file_id);
  const errors = await rowsOf(batch.error_file_id);
  check(answers.every((row) => row.response.body.choices[0].message.content), "an answer without text");
  check(errors.every((row) => row.response.body.error.message), "an error without text");
  report.completed = batch.request_counts.completed;
  report.failed = batch.request_counts.failed;
  report.answers = answers.length;
  report.errors = errors.length;
  report.distinct = new Set([...answers, ...errors].map((row) => row.custom_id)).size;
  report.usage = batch.usage.input_tokens;
  report.part = batch.metadata.part;
  return file;
}

async function listsAndEnds(file) {
  const cancelled = await create(file.id, 2);
  report.cancel = (await client.batches.cancel(cancelled.id)).status;
  report.cancelled = (await waitFor(cancelled.id)).status;
  await create(file.id, 3);
  report.parts_listed = [];
  for await (const batch of client.batches.list({ limit: 2 })) report.parts_listed.push(batch.metadata.part);
  report.files_listed = 0;
  for await (const _ of client.files.list({ purpose: "batch", limit: 1 })) report.files_listed++;
  report.deleted = (await client.files.delete(file.id)).deleted;
  try {
    await client.files.retrieve(file.id);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    report.after_deletion = error.status;
  }
}

try {
  await listsAndEnds(await wholeWay());
} catch (error) {
  report.exceptions.push(String(error));
  console.error(error);
}
console.log(JSON.stringify(report));
