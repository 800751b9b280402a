"""An agent on the official Python SDK, over all three bindings, which does what Millrace's own interop agent does.

Prints one line once it serves: the URL of its server.
"""

import asyncio
import socket

import grpc
import httpx
import uvicorn
from starlette.applications import Starlette

from a2a.helpers import (
    new_task,
    new_text_artifact_update_event,
    new_text_message,
    new_text_status_update_event,
)
from a2a.server.agent_execution import AgentExecutor
from a2a.server.request_handlers import DefaultRequestHandler, GrpcHandler
from a2a.server.routes import create_agent_card_routes, create_jsonrpc_routes, create_rest_routes
from a2a.server.tasks import (
    BasePushNotificationSender,
    InMemoryPushNotificationConfigStore,
    InMemoryTaskStore,
)
from a2a.types import a2a_pb2_grpc
from a2a.types.a2a_pb2 import (
    AgentCapabilities,
    AgentCard,
    AgentInterface,
    AgentSkill,
    Role,
    TaskState,
    TaskStatus,
    TaskStatusUpdateEvent,
)


class Agent(AgentExecutor):
    async def execute(self, context, queue):
        text = context.get_user_input()
        ids = (context.task_id, context.context_id)
        if text.startswith("reply "):
            await queue.enqueue_event(new_text_message(text[6:], role=Role.ROLE_AGENT))
            return
        if context.current_task is None:
            await queue.enqueue_event(
                new_task(*ids, TaskState.TASK_STATE_SUBMITTED, history=[context.message])
            )
        await self._state(queue, ids, TaskState.TASK_STATE_WORKING)
        if text == "wait":
            await asyncio.Event().wait()  # until it is cancelled
        if text == "ask":
            await queue.enqueue_event(
                new_text_status_update_event(*ids, TaskState.TASK_STATE_INPUT_REQUIRED, "which one?")
            )
            return
        words = [word + " " for word in text.split(" ")]
        if text == "count":  # what the benchmark asks of each server
            count = int(context.message.metadata["words"])
            words = [f"{number} " for number in range(1, count)] + [str(count)]
        for number, word in enumerate(words):
            await queue.enqueue_event(
                new_text_artifact_update_event(
                    *ids, "answer", word, append=number > 0, artifact_id="answer"
                )
            )
        await self._state(queue, ids, TaskState.TASK_STATE_COMPLETED)

    async def cancel(self, context, queue):
        await self._state(queue, (context.task_id, context.context_id), TaskState.TASK_STATE_CANCELED)

    @staticmethod
    async def _state(queue, ids, state):
        status = TaskStatus(state=state)
        status.timestamp.GetCurrentTime()
        await queue.enqueue_event(
            TaskStatusUpdateEvent(task_id=ids[0], context_id=ids[1], status=status)
        )


async def main():
    door = socket.create_server(("127.0.0.1", 0))
    base = f"http://127.0.0.1:{door.getsockname()[1]}"
    calls = grpc.aio.server()
    grpc_port = calls.add_insecure_port("127.0.0.1:0")

    def at(url, binding):
        return AgentInterface(url=url, protocol_binding=binding, protocol_version="1.0")

    card = AgentCard(
        name="peer",
        description="the official Python SDK",
        version="1",
        supported_interfaces=[
            at(base + "/rpc", "JSONRPC"),
            at(base + "/rest", "HTTP+JSON"),
            at(f"127.0.0.1:{grpc_port}", "GRPC"),
        ],
        capabilities=AgentCapabilities(streaming=True, push_notifications=True),
        default_input_modes=["text/plain"],
        default_output_modes=["text/plain"],
        skills=[AgentSkill(id="echo", name="echo", description="echoes", tags=["echo"])],
    )
    configs = InMemoryPushNotificationConfigStore()
    handler = DefaultRequestHandler(
        agent_executor=Agent(),
        task_store=InMemoryTaskStore(),
        agent_card=card,
        push_config_store=configs,
        push_sender=BasePushNotificationSender(httpx.AsyncClient(), configs),
    )
    a2a_pb2_grpc.add_A2AServiceServicer_to_server(GrpcHandler(handler), calls)
    await calls.start()
    app = Starlette(
        routes=[
            *create_agent_card_routes(card),
            *create_jsonrpc_routes(handler, "/rpc"),
            *create_rest_routes(handler, path_prefix="/rest"),
        ]
    )
    print(base, flush=True)
    await uvicorn.Server(uvicorn.Config(app, log_level="warning")).serve(sockets=[door])


asyncio.run(main())
