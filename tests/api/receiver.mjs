/*
 * The other side of a webhook: a server on loopback that takes a request only when it is signed as Standard
 * Webhooks 1.0 says, keeps what it took in order, and answers as it was told to.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

export class Receiver {
  constructor() {
    this.taken = []; // {id, body, status}, in order
    this.refused = []; // reasons
    this.answers = []; // statuses of the next requests; then 200
    this.secrets = [];
    this.seen = 0;
    this.server = createServer((request, response) => this.hear(request, response));
  }

  async start() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", resolve));
    this.port = this.server.address().port;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  isSigned(headers, body) {
    const id = headers["webhook-id"], time = headers["webhook-timestamp"];
    if (!id || !/^\d+$/.test(time ?? "")) return false;
    return (headers["webhook-signature"] ?? "").split(" ").some((signature) => this.secrets.some((secret) => {
      const key = Buffer.from(secret.slice("whsec_".length), "base64");
      const wanted = Buffer.from(`v1,${createHmac("sha256", key).update(`${id}.${time}.${body}`).digest("base64")}`);
      const given = Buffer.from(signature);
      return wanted.length === given.length && timingSafeEqual(wanted, given);
    }));
  }

  async hear(request, response) {
    const parts = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts).toString("utf8");
    if (request.method !== "POST" || !this.isSigned(request.headers, body)) {
      this.refused.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      response.writeHead(401).end();
      return;
    }
    const status = this.answers.shift() ?? 200;
    this.taken.push({ id: request.headers["webhook-id"], status, body: JSON.parse(body) });
    response.writeHead(status, status === 302 ? { location: `http://127.0.0.1:${this.port}/elsewhere` } : {}).end();
  }
}
