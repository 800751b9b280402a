// An agent on the official JavaScript SDK, over all three bindings, which does what Millrace's own interop agent does.
// Prints one line once it serves: the URL of its server.
import { once } from 'node:events';
import express from 'express';
import grpc from '@grpc/grpc-js';
import { AgentCard, Artifact, Message, Task, TaskArtifactUpdateEvent, TaskState, TaskStatusUpdateEvent } from '@a2a-js/sdk';
import {
  AgentEvent,
  DefaultPushNotificationSender,
  DefaultRequestHandler,
  InMemoryPushNotificationStore,
  InMemoryTaskStore,
} from '@a2a-js/sdk/server';
import { UserBuilder, agentCardHandler, jsonRpcHandler, restHandler } from '@a2a-js/sdk/server/express';
import { A2AService, grpcService } from '@a2a-js/sdk/server/grpc';

const waiting = new Map();

function status(taskId, contextId, state, text) {
  const status = { state, timestamp: new Date().toISOString() };
  if (text) {
    status.message = { messageId: crypto.randomUUID(), role: 'ROLE_AGENT', parts: [{ text }], taskId, contextId };
  }
  return AgentEvent.statusUpdate(TaskStatusUpdateEvent.fromJSON({ taskId, contextId, status }));
}

const agent = {
  async execute(context, bus) {
    const { taskId, contextId, userMessage } = context;
    const text = Message.toJSON(userMessage).parts[0].text;
    if (text.startsWith('reply ')) {
      bus.publish(AgentEvent.message(Message.fromJSON({
        messageId: crypto.randomUUID(), role: 'ROLE_AGENT', parts: [{ text: text.slice(6) }], contextId,
      })));
      bus.finished();
      return;
    }
    bus.publish(AgentEvent.task(context.task ?? Task.fromJSON({
      id: taskId,
      contextId,
      status: { state: 'TASK_STATE_SUBMITTED', timestamp: new Date().toISOString() },
      history: [Message.toJSON(userMessage)],
    })));
    bus.publish(status(taskId, contextId, 'TASK_STATE_WORKING'));
    if (text === 'wait') {
      await new Promise(end => waiting.set(taskId, () => {
        bus.publish(status(taskId, contextId, 'TASK_STATE_CANCELED'));
        bus.finished();
        end();
      }));
      return;
    }
    if (text === 'ask') {
      bus.publish(status(taskId, contextId, 'TASK_STATE_INPUT_REQUIRED', 'which one?'));
      bus.finished();
      return;
    }
    text.split(' ').forEach((word, number) => bus.publish(AgentEvent.artifactUpdate(TaskArtifactUpdateEvent.fromJSON({
      taskId, contextId, append: number > 0, artifact: { artifactId: 'answer', parts: [{ text: word + ' ' }] },
    }))));
    bus.publish(status(taskId, contextId, 'TASK_STATE_COMPLETED'));
    bus.finished();
  },
  async cancelTask(taskId) {
    waiting.get(taskId)?.();
  },
};

const app = express();
const http = app.listen(0, '127.0.0.1');
await once(http, 'listening');
const base = `http://127.0.0.1:${http.address().port}`;
const calls = new grpc.Server();
const grpcPort = await new Promise((done, failed) =>
  calls.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (e, port) => (e ? failed(e) : done(port))));

const at = (url, protocolBinding) => ({ url, protocolBinding, protocolVersion: '1.0', tenant: '' });
const card = AgentCard.fromJSON({
  name: 'peer',
  description: 'the official JavaScript SDK',
  version: '1',
  supportedInterfaces: [at(`${base}/rpc`, 'JSONRPC'), at(`${base}/rest`, 'HTTP+JSON'), at(`127.0.0.1:${grpcPort}`, 'GRPC')],
  capabilities: { streaming: true, pushNotifications: true },
  defaultInputModes: ['text/plain'],
  defaultOutputModes: ['text/plain'],
  skills: [{ id: 'echo', name: 'echo', description: 'echoes', tags: ['echo'] }],
});
const configs = new InMemoryPushNotificationStore();
const requestHandler = new DefaultRequestHandler(
  card, new InMemoryTaskStore(), agent, undefined, configs, new DefaultPushNotificationSender(configs));
const userBuilder = UserBuilder.noAuthentication;
app.use('/.well-known/agent-card.json', agentCardHandler({ agentCardProvider: requestHandler }));
app.use('/rpc', jsonRpcHandler({ requestHandler, userBuilder }));
app.use('/rest', restHandler({ requestHandler, userBuilder }));
calls.addService(A2AService, grpcService({ requestHandler, userBuilder }));
console.log(base);
