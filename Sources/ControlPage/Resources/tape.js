// The page's own tape: a socket to /replay, reopened at the same position if it breaks.

import { openTape } from "./api.js";

export class OwnTape {
  /** The latest status of this session from the server; `null` before the first. */
  status = null;
  #socket = null;
  #handlers;
  #delay = 500;

  /** `handlers`: `event(event)`, `status(status)`, `seek(position)`, `failed(text)`. */
  constructor(handlers) {
    this.#handlers = handlers;
    this.#connect();
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(command) {
    if (!this.isOpen) return this.#handlers.failed("not connected to the server");
    this.#socket.send(JSON.stringify(command));
  }

  #connect() {
    const socket = openTape();
    this.#socket = socket;
    socket.onopen = () => {
      this.#delay = 500;
      this.#handlers.failed("");
      if (this.status) {
        this.send({ cmd: "seek", to: String(this.status.position) });
        this.send({ cmd: "speed", speed: this.status.speed });
        if (this.status.state === "playing") this.send({ cmd: "play" });
      }
      this.send({ cmd: "status" });
    };
    socket.onmessage = (message) => this.#take(JSON.parse(message.data));
    socket.onclose = (event) => {
      this.#handlers.failed(event.code === 1000 ? "the tape was stopped" : `connection lost (${event.code}), reconnecting`);
      if (event.code === 1000) return;
      setTimeout(() => this.#connect(), this.#delay);
      this.#delay = Math.min(this.#delay * 2, 10000);
    };
  }

  #take(message) {
    switch (message.type) {
      case "ack":
      case "status":
        // `id` in a response is that of the command.
        this.status = { ...message, id: message.session ?? message.id };
        return this.#handlers.status(this.status);
      case "error":
        return this.#handlers.failed(message.message);
      case "seek":
        return this.#handlers.seek(message.position);
      case "loop":
        return this.#handlers.seek(message.from);
      case "end":
      case "summary":
        return;
      default:
        this.#handlers.event(message);
    }
  }
}
