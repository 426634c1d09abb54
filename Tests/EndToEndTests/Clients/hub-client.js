// A user's page with the official SignalR client: subscribes to everything, counts messages, cancels, and leaves.
// Runs as it is in a page and, inside a context without `process`, in Node; works with clients 1.x and later.
'use strict';

const callbacks = [
    'OnMT4ConnectionStatus', 'OnTick', 'OnTicks', 'OnTicksOHLC', 'OnMarginUpdate', 'OnSymbolUpdate', 'OnOnlineUpdate',
    'OnDebug', 'OnMarketNews',
];
const subscriptions = ['SubscribeToAllTicks', 'SubscribeToSymbols', 'SubscribeToOnlineUpdates'];

// wish: {url, streams: [names], skip, token, max, seconds}; resolves to a report, even after a failure.
async function runHubClient(signalR, wish) {
    const report = { version: signalR.VERSION, events: {}, streams: {}, completed: [], errors: [], closed: false };
    const count = (table, name) => { table[name] = (table[name] || 0) + 1; };
    const options = { transport: signalR.HttpTransportType.WebSockets, skipNegotiation: wish.skip };
    if (wish.token) { options.accessTokenFactory = () => wish.token; }
    const logger = { log: (level, text) => { if (level >= signalR.LogLevel.Error) { report.errors.push(text); } } };
    const hub = new signalR.HubConnectionBuilder().withUrl(wish.url, options).configureLogging(logger).build();

    const closed = new Promise((resolve) => hub.onclose((error) => {
        report.closed = true;
        if (error) { report.errors.push('closed: ' + error); }
        resolve();
    }));
    for (const name of callbacks) { hub.on(name, () => count(report.events, name)); }
    try {
        await hub.start();
        const platform = { tradePlatform: 'P' };
        report.connected = await hub.invoke('Connect', { tradePlatform: 'P', timeoutMs: 30000 });
        report.void = await hub.invoke(subscriptions[0], platform);
        for (const name of subscriptions.slice(1)) { await hub.invoke(name, platform); }
        const open = wish.streams.map((name) => hub.stream(name, platform).subscribe({
            next: () => count(report.streams, name),
            complete: () => report.completed.push(name),
            error: (error) => report.errors.push(name + ': ' + error),
        }));
        const enough = () => Object.values(report.events).reduce((sum, one) => sum + one, 0) >= wish.max
            && report.events.OnMarginUpdate && wish.streams.every((name) => report.streams[name]);
        const deadline = Date.now() + wish.seconds * 1000;
        while (!enough() && !report.closed && Date.now() < deadline) {
            await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, 20))]);
        }
        if (!report.closed) {
            for (const stream of open) { stream.dispose(); }
            await hub.invoke('UnsubscribeFromAllTicks', platform);
            report.unknown = await hub.invoke('NoSuchMethod').catch((error) => String(error));
            await hub.stop();
        }
    } catch (error) {
        report.errors.push(String(error));
    }
    return report;
}

if (typeof module === 'object') { module.exports = { runHubClient }; } else { globalThis.runHubClient = runHubClient; }
