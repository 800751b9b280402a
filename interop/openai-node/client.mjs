// Uses the server at URL as OpenAI's with the official JavaScript SDK, and prints what it saw as JSON.
// Usage: client.mjs URL KEY
import OpenAI from 'openai';

const [url, key] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + '/v1', apiKey: key });
const seen = {};

const TOOL = { name: 'now', description: 'The time.', parameters: { type: 'object', properties: {} } };
const user = content => ({ role: 'user', content });

seen.models = [];
for await (const model of client.models.list()) seen.models.push(model.id);
seen.model = (await client.models.retrieve('talker')).id;

const whole = await client.chat.completions.create({ model: 'talker', messages: [user('hello there')] });
seen.completion = [whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage.total_tokens];

let text = '';
let usage;
for await (const chunk of await client.chat.completions.create({
  model: 'talker',
  messages: [user('hello there')],
  stream: true,
  stream_options: { include_usage: true },
})) {
  text += chunk.choices.map(choice => choice.delta.content ?? '').join('');
  usage = chunk.usage ?? usage;
}
seen.streamed = [text, usage.total_tokens];

const tools = [{ type: 'function', function: TOOL }];
const messages = [user('what time is it?')];
const [asked] = (await client.chat.completions.create({ model: 'talker', messages, tools })).choices;
const [call] = asked.message.tool_calls;
messages.push(asked.message, { role: 'tool', tool_call_id: call.id, content: 'noon' });
const [told] = (await client.chat.completions.create({ model: 'talker', messages, tools })).choices;
seen.tool = [asked.finish_reason, call.function.name, JSON.parse(call.function.arguments), told.message.content];

const first = await client.responses.create({ model: 'talker', input: 'hello there', instructions: 'Be kind.' });
seen.response = [first.status, first.output_text, first.instructions];
const second = await client.responses.create({ model: 'talker', input: 'history', previous_response_id: first.id });
seen['goes on'] = second.output_text;
seen.got = (await client.responses.retrieve(first.id)).output_text;

const stream = client.responses.stream({ model: 'talker', input: 'hello there' });
let deltas = '';
for await (const event of stream) if (event.type === 'response.output_text.delta') deltas += event.delta;
seen['response streamed'] = [deltas, (await stream.finalResponse()).output_text];

const question = await client.responses.create({
  model: 'talker',
  input: 'what time is it?',
  tools: [{ type: 'function', ...TOOL }],
});
const asks = question.output.find(item => item.type === 'function_call');
const answer = await client.responses.create({
  model: 'talker',
  previous_response_id: question.id,
  input: [{ type: 'function_call_output', call_id: asks.call_id, output: 'noon' }],
});
seen['response tool'] = [asks.name, answer.output_text];

let background = await client.responses.create({ model: 'talker', input: 'hello there', background: true });
while (['queued', 'in_progress'].includes(background.status)) {
  await new Promise(resolve => setTimeout(resolve, 20));
  background = await client.responses.retrieve(background.id);
}
seen.background = [background.status, background.output_text];

let begun = '';
let number;
let id;
for await (const event of await client.responses.create({
  model: 'talker',
  input: 'hello there',
  background: true,
  stream: true,
})) {
  number = event.sequence_number;
  if (event.type === 'response.created') id = event.response.id;
  if (event.type === 'response.output_text.delta') {
    begun += event.delta;
    break;
  }
}
let rest = '';
for await (const event of await client.responses.retrieve(id, { stream: true, starting_after: number })) {
  if (event.type === 'response.output_text.delta') rest += event.delta;
  if (event.type === 'response.completed') seen.resumed = [begun + rest, event.response.output[0].content[0].text];
}

const running = await client.responses.create({ model: 'talker', input: 'wait', background: true });
seen.cancelled = (await client.responses.cancel(running.id)).status;

async function refusal(call) {
  try {
    await call();
  } catch (error) {
    return [error.constructor.name, error.code, error.param];
  }
  return null;
}

seen.refusals = [
  await refusal(() => client.chat.completions.create({ model: 'nobody', messages: [user('hi')] })),
  await refusal(() => client.chat.completions.create({ model: 'talker', messages: [user('hi')], n: 2 })),
  await refusal(() => client.responses.retrieve('resp_1_nothing')),
  await refusal(() => client.chat.completions.create({ model: 'talker', messages: [user('fail')] })),
  await refusal(() => new OpenAI({ baseURL: url + '/v1', apiKey: 'wrong' }).models.list()),
];
console.log(JSON.stringify(seen));
