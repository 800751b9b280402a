"""Talks to the server at URL with the official Python SDK, over each binding, and prints what it saw as JSON.

Usage: client.py URL WEBHOOK
"""

import asyncio
import json
import sys
import uuid

import grpc

from a2a.client import ClientConfig, ClientFactory
from a2a.types.a2a_pb2 import (
    CancelTaskRequest,
    DeleteTaskPushNotificationConfigRequest,
    GetTaskPushNotificationConfigRequest,
    GetTaskRequest,
    ListTaskPushNotificationConfigsRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    SendMessageConfiguration,
    SendMessageRequest,
    SubscribeToTaskRequest,
    TaskPushNotificationConfig,
    TaskState,
)


def say(text, task_id="", immediately=False):
    return SendMessageRequest(
        message=Message(
            message_id=str(uuid.uuid4()), role=Role.ROLE_USER, parts=[Part(text=text)], task_id=task_id
        ),
        configuration=SendMessageConfiguration(return_immediately=immediately),
    )


def state(task):
    return TaskState.Name(task.status.state)


def text(task):
    return "".join(part.text for artifact in task.artifacts for part in artifact.parts)


async def one(events):
    return [event async for event in events][-1]


async def refusal(call):
    try:
        await call
        return "none"
    except Exception as e:  # noqa: BLE001 - which it is, is what is asked
        return type(e).__name__


async def talk(url, binding, webhook):
    def factory(streaming):
        return ClientFactory(
            ClientConfig(
                streaming=streaming,
                supported_protocol_bindings=[binding],
                grpc_channel_factory=grpc.aio.insecure_channel,
            )
        )

    plain = await factory(False).create_from_url(url)
    streaming = await factory(True).create_from_url(url)
    seen = {}

    done = (await one(plain.send_message(say("one two")))).task
    seen["send"] = [state(done), text(done)]

    kinds, words = [], ""
    async for event in streaming.send_message(say("three four")):
        kinds.append(event.WhichOneof("payload"))
        if event.HasField("artifact_update"):
            update = event.artifact_update
            words = (words if update.append else "") + update.artifact.parts[0].text
    seen["stream"] = [kinds[0], words, kinds[-1]]

    again = await plain.get_task(GetTaskRequest(id=done.id))
    seen["get"] = [state(again), text(again), len(again.history)]

    page = await plain.list_tasks(ListTasksRequest(context_id=done.context_id, include_artifacts=True))
    seen["list"] = [page.total_size, text(page.tasks[0]), page.tasks[0].id == done.id]

    waiting = (await one(plain.send_message(say("wait", immediately=True)))).task

    config = await plain.create_task_push_notification_config(
        TaskPushNotificationConfig(task_id=waiting.id, url=webhook, token="mine")
    )
    found = await plain.get_task_push_notification_config(
        GetTaskPushNotificationConfigRequest(task_id=waiting.id, id=config.id)
    )
    listed = await plain.list_task_push_notification_configs(
        ListTaskPushNotificationConfigsRequest(task_id=waiting.id)
    )

    stream = streaming.subscribe(SubscribeToTaskRequest(id=waiting.id))
    first = await anext(stream)
    canceled = await plain.cancel_task(CancelTaskRequest(id=waiting.id))
    last = [event async for event in stream][-1]
    seen["subscribe"] = [
        first.WhichOneof("payload"), first.task.id == waiting.id, state(last.status_update)
    ]
    seen["cancel"] = state(canceled)

    seen["push"] = [found.url == webhook, len(listed.configs)]
    seen["pushed"] = waiting.id

    asked = (await one(plain.send_message(say("ask")))).task
    other = await plain.create_task_push_notification_config(
        TaskPushNotificationConfig(task_id=asked.id, url=webhook)
    )
    await plain.delete_task_push_notification_config(
        DeleteTaskPushNotificationConfigRequest(task_id=asked.id, id=other.id)
    )
    left = await plain.list_task_push_notification_configs(
        ListTaskPushNotificationConfigsRequest(task_id=asked.id)
    )
    seen["deleted"] = len(left.configs)
    answered = (await one(plain.send_message(say("this", task_id=asked.id)))).task
    seen["input"] = [state(asked), state(answered), answered.id == asked.id]

    seen["errors"] = [
        await refusal(plain.get_task(GetTaskRequest(id="nope"))),
        await refusal(plain.cancel_task(CancelTaskRequest(id=done.id))),
        await refusal(one(plain.send_message(say("more", task_id=done.id)))),
        await refusal(one(streaming.subscribe(SubscribeToTaskRequest(id=done.id)))),
    ]
    await plain.close()
    await streaming.close()
    return seen


async def main(url, webhook):
    seen = {}
    for binding in ("JSONRPC", "HTTP+JSON", "GRPC"):
        seen[binding] = await talk(url, binding, webhook)
    print(json.dumps(seen))


asyncio.run(main(*sys.argv[1:]))
