// Talks to the server at URL with the official JavaScript SDK, over each binding, and prints what it saw as JSON.
// Usage: client.mjs URL WEBHOOK
import { ClientFactory, JsonRpcTransportFactory, RestTransportFactory } from '@a2a-js/sdk/client';
import { GrpcTransportFactory } from '@a2a-js/sdk/client/grpc';
import { SendMessageRequest, StreamResponse, Task, TaskPushNotificationConfig } from '@a2a-js/sdk';

const [url, webhook] = process.argv.slice(2);

function say(text, taskId = '', returnImmediately = false) {
  return SendMessageRequest.fromJSON({
    message: { messageId: crypto.randomUUID(), role: 'ROLE_USER', parts: [{ text }], taskId },
    configuration: { returnImmediately },
  });
}

const text = task => (task.artifacts ?? []).flatMap(artifact => artifact.parts).map(part => part.text).join('');
const json = task => Task.toJSON(task);
const kind = event => Object.keys(StreamResponse.toJSON(event))[0].replace(/[A-Z]/g, c => '_' + c.toLowerCase());

async function refusal(call) {
  try {
    await call();
    return 'none';
  } catch (e) {
    return e.constructor.name.replace(/^(JsonRpc|Rest|Grpc)/, ''); // one class for each transport
  }
}

async function all(stream) {
  const events = [];
  for await (const event of stream) {
    events.push(event);
  }
  return events;
}

async function talk(transport) {
  const client = await new ClientFactory({ transports: [transport] }).createFromUrl(url);
  const seen = {};

  const done = json(await client.sendMessage(say('one two')));
  seen.send = [done.status.state, text(done)];

  const events = await all(client.sendMessageStream(say('three four')));
  let words = '';
  for (const event of events.map(StreamResponse.toJSON)) {
    if (event.artifactUpdate) {
      words = (event.artifactUpdate.append ? words : '') + event.artifactUpdate.artifact.parts[0].text;
    }
  }
  seen.stream = [kind(events[0]), words, kind(events.at(-1))];

  const again = json(await client.getTask({ id: done.id, tenant: '' }));
  seen.get = [again.status.state, text(again), again.history.length];

  const page = await client.listTasks({ contextId: done.contextId, includeArtifacts: true, tenant: '', status: 0, pageToken: '' });
  seen.list = [page.totalSize, text(json(page.tasks[0])), page.tasks[0].id === done.id];

  const waiting = json(await client.sendMessage(say('wait', '', true)));

  const config = await client.createTaskPushNotificationConfig(
    TaskPushNotificationConfig.fromJSON({ taskId: waiting.id, url: webhook, token: 'mine' }));
  const found = await client.getTaskPushNotificationConfig({ taskId: waiting.id, id: config.id, tenant: '' });
  const listed = await client.listTaskPushNotificationConfig({ taskId: waiting.id, tenant: '', pageSize: 0, pageToken: '' });
  seen.push = [found.url === webhook, listed.configs.length];
  seen.pushed = waiting.id;

  const stream = client.resubscribeTask({ id: waiting.id, tenant: '' });
  const first = (await stream.next()).value;
  const canceled = json(await client.cancelTask({ id: waiting.id, tenant: '' }));
  const last = StreamResponse.toJSON((await all(stream)).at(-1));
  seen.subscribe = [kind(first), StreamResponse.toJSON(first).task.id === waiting.id, last.statusUpdate.status.state];
  seen.cancel = canceled.status.state;

  const asked = json(await client.sendMessage(say('ask')));
  const other = await client.createTaskPushNotificationConfig(
    TaskPushNotificationConfig.fromJSON({ taskId: asked.id, url: webhook }));
  await client.deleteTaskPushNotificationConfig({ taskId: asked.id, id: other.id, tenant: '' });
  const left = await client.listTaskPushNotificationConfig({ taskId: asked.id, tenant: '', pageSize: 0, pageToken: '' });
  seen.deleted = left.configs.length;
  const answered = json(await client.sendMessage(say('this', asked.id)));
  seen.input = [asked.status.state, answered.status.state, answered.id === asked.id];

  seen.errors = [
    await refusal(() => client.getTask({ id: 'nope', tenant: '' })),
    await refusal(() => client.cancelTask({ id: done.id, tenant: '' })),
    await refusal(() => client.sendMessage(say('more', done.id))),
    await refusal(() => all(client.resubscribeTask({ id: done.id, tenant: '' }))),
  ];
  return seen;
}

console.log(JSON.stringify({
  JSONRPC: await talk(new JsonRpcTransportFactory()),
  'HTTP+JSON': await talk(new RestTransportFactory()),
  GRPC: await talk(new GrpcTransportFactory()),
}));
process.exit(0);
