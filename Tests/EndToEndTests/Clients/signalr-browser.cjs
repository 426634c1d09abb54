// The official SignalR build in a page of headless Chromium: node signalr-browser.cjs CHROMIUM LIBRARY WISH.
// The page is served from its own port, so that the hub has another origin. Prints one line of JSON.
'use strict';
const { spawn } = require('child_process');
const fs = require('fs');
const http = require('http');
const os = require('os');
const path = require('path');

const [chromium, library, wish] = process.argv.slice(2);
const page = `<!doctype html><meta charset="utf-8"><script>
const uncaught = [];
addEventListener('error', (event) => uncaught.push('uncaught: ' + event.message));
addEventListener('unhandledrejection', (event) => uncaught.push('unhandled: ' + event.reason));
</script><script src="/library.js"></script><script src="/hub-client.js"></script><script>
runHubClient(signalR, ${wish}).then((report) => {
    report.errors.push(...uncaught);
    report.userAgent = navigator.userAgent;
    return fetch('/report', { method: 'POST', body: JSON.stringify(report) });
});
</script>`;
const files = { '/library.js': library, '/hub-client.js': path.join(__dirname, 'hub-client.js') };

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'feedrec-chromium-'));
let browser;
const server = http.createServer((request, response) => {
    if (request.url === '/report') {
        let text = '';
        request.on('data', (data) => { text += data; }).on('end', () => { response.end(); finish(text, 0); });
    } else if (files[request.url]) {
        response.setHeader('Content-Type', 'text/javascript; charset=utf-8');
        response.end(fs.readFileSync(files[request.url]));
    } else {
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(request.url === '/' ? page : '');
    }
}).listen(0, '127.0.0.1', () => {
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run'];
    const url = `http://127.0.0.1:${server.address().port}/`;
    browser = spawn(chromium, [...flags, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true });
    browser.on('exit', () => finish('', 1));
});
setTimeout(() => finish('', 1), (JSON.parse(wish).seconds + 30) * 1000);

let isFinished = false;
function finish(text, status) {
    if (isFinished) { return; }
    isFinished = true;
    if (text) { console.log(text); } else { console.error('the page did not report'); }
    const leave = () => {
        // Helper processes may still be writing.
        try { fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }); } catch {}
        process.exit(status);
    };
    if (!browser || browser.exitCode !== null) { return leave(); }
    browser.on('exit', leave);
    // The browser has its own process group, so that its helper processes end with it.
    process.kill(-browser.pid, 'SIGKILL');
}
