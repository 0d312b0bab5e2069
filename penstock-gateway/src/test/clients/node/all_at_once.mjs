// A hundred prompts at once with Promise.all, the SDK as it comes.
import OpenAI, { RateLimitError } from "openai";

const MODEL = "gpt-4o-mini";
const CALLS = 100;

let sdkRetries = 0;
// The SDK retries in silence and tells of it in its log only.
const listening = {
  info: (text) => {
    if (/retrying, \d+ attempts remaining/.test(text)) sdkRetries++;
  },
  error() {},
  warn() {},
  debug() {},
};
const client = new OpenAI({ logger: listening, logLevel: "info" });

const ids = [];
const exceptions = {};
let rateLimitErrors = 0;

async function ask(number) {
  try {
    const answer = await client.chat.completions.create({
      model: MODEL,
      messages: [{ role: "user", content: `What is ${number} times ${number + 1}?` }],
    });
    if (!answer.choices[0].message.content) throw new Error("an answer without text");
    ids.push(answer.id);
  } catch (error) {
    console.error(String(error));
    const name = error.constructor.name;
    exceptions[name] = (exceptions[name] ?? 0) + 1;
    if (error instanceof RateLimitError) rateLimitErrors++;
  }
}

await Promise.all(Array.from({ length: CALLS }, (_, number) => ask(number)));
console.log(
  JSON.stringify({
    calls: CALLS,
    answered: ids.length,
    distinct_answers: new Set(ids).size,
    exceptions,
    rate_limit_errors: rateLimitErrors,
    retries_seen: 0,
    sdk_retries: sdkRetries,
    stream_ok: null,
    headers: {},
  }),
);
