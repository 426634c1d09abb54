// The official SignalR browser build in Node: node signalr-node.cjs LIBRARY WISH; WISH is JSON, see hub-client.js.
// Prints one line of JSON. Needs the module 'ws' (Debian: node-ws).
'use strict';
const fs = require('fs');
const path = require('path');
const vm = require('vm');

const ws = (() => { try { return require('ws'); } catch { return require('/usr/share/nodejs/ws'); } })();

// The part of the browser's class that the 1.x client uses.
class XMLHttpRequest {
    constructor() { this.headers = {}; }
    open(method, url) { Object.assign(this, { method, url }); }
    setRequestHeader(name, value) { this.headers[name] = value; }
    abort() {}
    send(body) {
        fetch(this.url, { method: this.method, headers: this.headers, body: body || undefined }).then(async (answer) => {
            this.response = this.responseText = await answer.text();
            Object.assign(this, { status: answer.status, statusText: answer.statusText });
            this.onload();
        }, (error) => this.onerror(error));
    }
}

// Without `process` the client assumes a browser and loads no Node modules.
const world = {
    WebSocket: ws, XMLHttpRequest, fetch, AbortController, URL, URLSearchParams, TextEncoder, TextDecoder, console, setTimeout,
    clearTimeout, setInterval, clearInterval, queueMicrotask, Promise,
};
world.self = world.window = world;
vm.createContext(world);
for (const file of [process.argv[2], path.join(__dirname, 'hub-client.js')]) {
    vm.runInContext(fs.readFileSync(file, 'utf8'), world, { filename: file });
}
const errors = [];
process.on('uncaughtException', (error) => errors.push('uncaught: ' + error));
process.on('unhandledRejection', (error) => errors.push('unhandled: ' + error));
world.runHubClient(world.signalR, JSON.parse(process.argv[3])).then((report) => {
    report.errors.push(...errors);
    console.log(JSON.stringify(report));
    process.exit(0);
});
