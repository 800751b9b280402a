"""Uses the server at URL as OpenAI's with the official Python SDK, and prints what it saw as JSON.

Usage: client.py URL KEY
"""

import json
import sys
import time

import openai
from openai import OpenAI

url, key = sys.argv[1:]
client = OpenAI(base_url=url + "/v1", api_key=key)
seen = {}

TOOL = {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}}


def user(text):
    return {"role": "user", "content": text}


seen["models"] = [model.id for model in client.models.list()]
seen["model"] = client.models.retrieve("talker").id

whole = client.chat.completions.create(model="talker", messages=[user("hello there")])
seen["completion"] = [whole.choices[0].message.content, whole.choices[0].finish_reason, whole.usage.total_tokens]

text, usage = "", None
for chunk in client.chat.completions.create(
    model="talker", messages=[user("hello there")], stream=True, stream_options={"include_usage": True}
):
    text += "".join(choice.delta.content or "" for choice in chunk.choices)
    usage = chunk.usage or usage
seen["streamed"] = [text, usage.total_tokens]

messages = [user("what time is it?")]
tools = [{"type": "function", "function": TOOL}]
asked = client.chat.completions.create(model="talker", messages=messages, tools=tools).choices[0]
call = asked.message.tool_calls[0]
messages += [asked.message, {"role": "tool", "tool_call_id": call.id, "content": "noon"}]
told = client.chat.completions.create(model="talker", messages=messages, tools=tools).choices[0]
seen["tool"] = [asked.finish_reason, call.function.name, json.loads(call.function.arguments), told.message.content]

first = client.responses.create(model="talker", input="hello there", instructions="Be kind.")
seen["response"] = [first.status, first.output_text, first.instructions]
second = client.responses.create(model="talker", input="history", previous_response_id=first.id)
seen["goes on"] = second.output_text
seen["got"] = client.responses.retrieve(first.id).output_text

with client.responses.stream(model="talker", input="hello there") as stream:
    deltas = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
    seen["response streamed"] = [deltas, stream.get_final_response().output_text]

question = client.responses.create(model="talker", input="what time is it?", tools=[{"type": "function", **TOOL}])
calls = [item for item in question.output if item.type == "function_call"]
answer = client.responses.create(
    model="talker",
    previous_response_id=question.id,
    input=[{"type": "function_call_output", "call_id": calls[0].call_id, "output": "noon"}],
)
seen["response tool"] = [calls[0].name, answer.output_text]

background = client.responses.create(model="talker", input="hello there", background=True)
while background.status in ("queued", "in_progress"):
    time.sleep(0.02)
    background = client.responses.retrieve(background.id)
seen["background"] = [background.status, background.output_text]

begun, number, response_id = "", None, None
for event in client.responses.create(model="talker", input="hello there", background=True, stream=True):
    number = event.sequence_number
    if event.type == "response.created":
        response_id = event.response.id
    if event.type == "response.output_text.delta":
        begun += event.delta
        break
rest = ""
for event in client.responses.retrieve(response_id, stream=True, starting_after=number):
    if event.type == "response.output_text.delta":
        rest += event.delta
    if event.type == "response.completed":
        seen["resumed"] = [begun + rest, event.response.output_text]

running = client.responses.create(model="talker", input="wait", background=True)
seen["cancelled"] = client.responses.cancel(running.id).status


def refusal(call):
    try:
        call()
    except openai.APIStatusError as error:
        return [type(error).__name__, error.code, error.param]
    return None


seen["refusals"] = [
    refusal(lambda: client.chat.completions.create(model="nobody", messages=[user("hi")])),
    refusal(lambda: client.chat.completions.create(model="talker", messages=[user("hi")], n=2)),
    refusal(lambda: client.responses.retrieve("resp_1_nothing")),
    refusal(lambda: client.chat.completions.create(model="talker", messages=[user("fail")])),
    refusal(lambda: OpenAI(base_url=url + "/v1", api_key="wrong").models.list()),
]
print(json.dumps(seen))
