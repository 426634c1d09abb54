// The interface to the server: HTTP for queries and commands, and one WebSocket for the page's own tape.

/** The token from the address bar; it is removed there so that no bookmark contains it. */
const token = (() => {
  const url = new URL(location.href);
  const found = url.searchParams.get("access_token");
  if (found) {
    url.searchParams.delete("access_token");
    history.replaceState(null, "", url);
  }
  return found;
})();

async function request(path, options = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(body.error?.message ?? `the server answered ${answer.status}`);
  return body;
}

export function get(path, query = {}) {
  const text = new URLSearchParams(query).toString();
  return request(text ? `${path}?${text}` : path);
}

/** Controls a session other than the page's own. */
export function command(session, name, body) {
  return request(`api/sessions/${session}/${name}`, { method: "POST", body: body ? JSON.stringify(body) : undefined });
}

/** Opens the page's own tape: paused at the start, and open beyond its end so that the user can seek back. */
export function openTape() {
  const query = new URLSearchParams({ paused: "1", end: "hold", status: "250ms" });
  if (token) query.set("access_token", token);
  const url = new URL(`replay?${query}`, location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url);
}
