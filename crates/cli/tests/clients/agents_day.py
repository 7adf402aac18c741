"""An agent's day with the official Python SDK: claim, evidence, complete.

agents_day.py MODE PROGRAM FOLDER      over standard input and output
agents_day.py MODE URL TOKEN COMMIT    over HTTP

MODE is "legacy" (with a handshake) or a revision that has none. What the tools answered goes to
standard output, as one JSON object.
"""

import json
import sys

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client


def told(result):
    """What a tool answers as JSON."""
    text = result.content[0].text
    assert not result.is_error, text
    return json.loads(text)


async def day(client, evidence, held, commit):
    listed = await client.list_tools()
    seen = {"tools": [tool.name for tool in listed.tools]}
    seen["protocol"] = client.protocol_version
    seen["before"] = told(await client.call_tool("now", {}))
    seen["claim"] = told(await client.call_tool("claim", {}))
    seen["again"] = (await client.call_tool("claim", {"task": "T-99"})).is_error
    seen["evidence"] = told(await client.call_tool("submit_evidence", evidence))
    seen["heartbeat"] = told(await client.call_tool("heartbeat", held))
    seen["complete"] = told(await client.call_tool("complete", held | commit))
    seen["after"] = told(await client.call_tool("now", {"max_tokens": 600}))
    task = await client.read_resource("adjutant://tasks/T-1")
    seen["task"] = json.loads(task.contents[0].text)
    prompt = await client.get_prompt("genai-features")
    seen["prompt"] = prompt.messages[0].content.text
    print(json.dumps(seen))


def evidence(content):
    file = {"file": "latency.csv", "subject": "candidate", "run": "run_1"}
    return file | ({"content": content} if content else {})


async def over_lines(mode, program, folder):
    arguments = ["mcp", "--agent", "ada", "--role", "genai-features"]
    server = StdioServerParameters(command=program, args=arguments, cwd=folder)
    async with Client(server, mode=mode) as client:
        await day(client, evidence(None), {}, {})


async def over_http(mode, url, token, commit):
    with open("latency.csv", encoding="utf-8") as file:
        content = file.read()
    async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode) as client:
            held = {"task": "T-1", "epoch": 1}
            await day(client, evidence(content), held, {"commit": commit})


mode, where, *rest = sys.argv[1:]
if where.startswith("http"):
    anyio.run(over_http, mode, where, *rest)
else:
    anyio.run(over_lines, mode, where, *rest)
