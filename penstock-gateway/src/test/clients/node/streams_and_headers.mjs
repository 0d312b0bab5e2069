// Streams of both APIs, which must arrive while they are produced, and the headers of a response.
import OpenAI, { RateLimitError } from "openai";

const MODEL = "gpt-4o-mini";
const SHOWN = ["x-request-id", "x-ratelimit-remaining-requests", "x-penstock-queue-ms"];

const client = new OpenAI();
const ids = [];
const exceptions = {};
const headers = {};
let rateLimitErrors = 0;
let streamOk = null;

// A relay that holds a stream back until it is whole delivers its first event at the time of its last.
const arrivesWhileProduced = (response, first, last) =>
  last - first > Number(response.headers.get("openai-processing-ms") ?? 0) / 2;

const streamed = (ok) => {
  streamOk = (streamOk ?? true) && ok;
};

const words = (text) => text.split(/\s+/).filter(Boolean).length;

async function chatStream() {
  const { data: stream, response } = await client.chat.completions
    .create({
      model: MODEL,
      messages: [{ role: "user", content: "Tell me a story." }],
      max_tokens: 2000,
      stream: true,
      stream_options: { include_usage: true },
    })
    .withResponse();
  let first, last, finish, usage, id;
  let text = "";
  for await (const chunk of stream) {
    last = performance.now();
    first ??= last;
    id = chunk.id;
    usage = chunk.usage ?? usage;
    for (const choice of chunk.choices) {
      text += choice.delta.content ?? "";
      finish = choice.finish_reason ?? finish;
    }
  }
  ids.push(id);
  const whole = ["stop", "length"].includes(finish) && words(text) === usage?.completion_tokens;
  streamed(whole && arrivesWhileProduced(response, first, last));
}

async function responseStream() {
  const { data: stream, response } = await client.responses
    .create({ model: MODEL, input: "Tell me another.", max_output_tokens: 2000, stream: true })
    .withResponse();
  let first, last, completed;
  let text = "";
  for await (const event of stream) {
    last = performance.now();
    first ??= last;
    if (event.type === "response.output_text.delta") text += event.delta;
    if (event.type === "response.completed" || event.type === "response.incomplete") completed = event.response;
  }
  ids.push(completed.id);
  const whole = completed.output[0].content[0].text === text && words(text) === completed.usage.output_tokens;
  streamed(whole && arrivesWhileProduced(response, first, last));
}

async function withResponse() {
  const { data: answer, response } = await client.chat.completions
    .create({ model: MODEL, messages: [{ role: "user", content: "Hello" }] })
    .withResponse();
  for (const name of SHOWN) headers[name] = response.headers.get(name);
  ids.push(answer.id);
}

const calls = [chatStream, responseStream, withResponse];
for (const call of calls) {
  try {
    await call();
  } catch (error) {
    console.error(String(error));
    const name = error.constructor.name;
    exceptions[name] = (exceptions[name] ?? 0) + 1;
    if (error instanceof RateLimitError) rateLimitErrors++;
  }
}
console.log(
  JSON.stringify({
    calls: calls.length,
    answered: ids.length,
    distinct_answers: new Set(ids).size,
    exceptions,
    rate_limit_errors: rateLimitErrors,
    retries_seen: 0,
    sdk_retries: null,
    stream_ok: streamOk,
    headers,
  }),
);
