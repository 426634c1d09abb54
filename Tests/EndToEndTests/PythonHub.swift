import Foundation

/// A hub of another make: aiohttp for HTTP and WebSockets, `msgpack` for the binary protocol.
///
/// It negotiates with a redirect, accepts clients with the right token at every step, and closes the first connection
/// cleanly; then the token in the file changes. It prints everything it receives to standard output, one line of JSON
/// each.
enum PythonHub {
    static let python = Executable.find("python3")

    static let isAvailable: Bool = {
        guard let python else { return false }
        let process = Process()
        process.executableURL = python
        process.arguments = ["-c", "import aiohttp, msgpack"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    /// Takes the path of the token file.
    static let script = #"""
        import asyncio, json, sys
        import msgpack
        from aiohttp import web

        state = {"token": "SECRET-one+/", "ids": 0, "open": set(), "connections": 0}

        def note(**fact):
            print(json.dumps(fact), flush=True)

        def refused(request, why):
            # A careless server repeats the whole request.
            return web.Response(status=401, text=f"{why}: {request.path_qs} {request.headers.get('Authorization')}")

        async def negotiate(request):
            note(negotiate=request.path_qs)
            if request.headers.get("Authorization") != "Bearer " + state["token"]:
                return refused(request, "who are you")
            url = f"http://{request.host}/app/real?y=1"
            return web.json_response({"url": url, "accessToken": "SECRET-redirect=", "negotiateVersion": 1})

        async def negotiate_again(request):
            note(negotiate=request.path_qs)
            if request.headers.get("Authorization") != "Bearer SECRET-redirect=":
                return refused(request, "who are you")
            state["ids"] += 1
            token = f"SECRET-id&{state['ids']}"
            state["open"].add(token)
            transports = [{"transport": "LongPolling", "transferFormats": ["Text"]},
                          {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]
            return web.json_response({"negotiateVersion": 1, "connectionId": "public", "connectionToken": token,
                                      "availableTransports": transports, "somethingNew": {"a": [1]}})

        def framed(message):
            body = msgpack.packb(message)
            length, prefix = len(body), b""
            while True:
                prefix += bytes([length & 127 | (128 if length > 127 else 0)])
                length >>= 7
                if not length:
                    return prefix + body

        def unframed(data):
            position = 0
            while position < len(data):
                length = shift = 0
                while True:
                    byte = data[position]; position += 1
                    length |= (byte & 127) << shift; shift += 7
                    if byte < 128: break
                yield msgpack.unpackb(data[position:position + length])
                position += length

        NAMES = {1: ["type", "headers", "invocationId", "target", "arguments", "streamIds"],
                 2: ["type", "headers", "invocationId", "item"], 5: ["type", "headers", "invocationId"],
                 3: ["type", "headers", "invocationId", "kind", "result"], 6: ["type"], 7: ["type", "error", "allowReconnect"]}

        class Peer:
            def __init__(self, socket):
                self.socket, self.binary, self.heard = socket, False, asyncio.Queue()

            async def read(self):
                async for message in self.socket:
                    if message.type.name == "BINARY":
                        records = [dict(zip(NAMES[r[0] if r[0] != 4 else 1], r)) for r in unframed(message.data)]
                    else:
                        records = [json.loads(text) for text in message.data.split("\x1e") if text]
                    for record in records:
                        note(record=record)
                        await self.heard.put(record)

            async def say(self, record, halves=False):
                kind = record["type"]
                if not self.binary:
                    data = json.dumps(record) + "\x1e"
                    send = self.socket.send_str
                else:
                    record = {"headers": {}, "streamIds": [], **record}
                    if kind == 3: record["kind"] = 3 if "result" in record else 2
                    names = NAMES.get(kind, ["type", "sequenceId"])
                    data = framed([record.get(name) for name in names][:4 if record.get("kind") == 2 else None])
                    send = self.socket.send_bytes
                cut = len(data) // 2 if halves else len(data)
                await send(data[:cut])
                if data[cut:]: await send(data[cut:])

        async def hub(request):
            note(connect=request.path)
            token = request.query.get("id")
            bearer = request.headers.get("Authorization") == "Bearer SECRET-redirect="
            if token not in state["open"] or not (bearer or request.query.get("access_token") == "SECRET-redirect="):
                return refused(request, "no")
            state["open"].discard(token)
            state["connections"] += 1
            number = state["connections"]
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            first = await socket.receive()
            data = first.data if isinstance(first.data, bytes) else first.data.encode()
            handshake = json.loads(data.rstrip(b"\x1e"))
            note(handshake=handshake, binary=isinstance(first.data, bytes), bearer=bearer)
            peer = Peer(socket)
            peer.binary = handshake["protocol"] == "messagepack"
            await (socket.send_bytes(b"{}\x1e") if peer.binary else socket.send_str("{}\x1e"))
            reading = asyncio.create_task(peer.read())
            while True:
                record = await peer.heard.get()
                if record["type"] != 1: continue
                answer = {"type": 3, "invocationId": record["invocationId"]}
                await peer.say({**answer, "result": True} if record["target"] == "Connect" else answer)
                if record["target"].startswith("Subscribe"): break
            for index in range(5):
                tick = {"symbol": "EURUSD", "bid": round(number + 0.0851, 4), "ask": 1.5 + index, "lastTime": "2026-01-05T00:00:00"}
                arguments = [{"tradePlatform": "P", "tick": tick}]
                await peer.say({"type": 1, "target": "OnTick", "arguments": arguments}, halves=index % 2 == 1)
            await peer.say({"type": 8, "sequenceId": 1})
            await peer.say({"type": 9, "sequenceId": 300})
            await peer.say({"type": 1, "invocationId": "srv", "target": "Ask", "arguments": []})
            while (await peer.heard.get())["type"] != 3: pass
            if number == 1:
                state["token"] = "SECRET-two"
                with open(sys.argv[1], "w") as file: file.write("SECRET-two\n")
                await peer.say({"type": 7, "allowReconnect": True})
                await socket.close()
            await reading
            return socket

        async def main():
            app = web.Application()
            app.router.add_post("/base/hub/negotiate", negotiate)
            app.router.add_post("/app/real/negotiate", negotiate_again)
            app.router.add_get("/app/real", hub)
            runner = web.AppRunner(app)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            print(f"listening on ws://127.0.0.1:{site._server.sockets[0].getsockname()[1]}", flush=True)
            await asyncio.Event().wait()

        asyncio.run(main())
        """#
}
