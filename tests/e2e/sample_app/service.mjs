// The checkout service in Node: the same answer, from the same server.
import { Resolver } from "node:dns/promises";
import http from "node:http";

const [port] = process.argv.slice(2);
const resolver = new Resolver();
if (process.env.DNSEMU_DNS) resolver.setServers([process.env.DNSEMU_DNS]);

function price(host) {
  return new Promise((resolve, reject) => {
    http.get({ host, port, timeout: 2000 }, (reply) => {
      let body = "";
      reply.on("data", (data) => (body += data)).on("end", () => resolve(JSON.parse(body)));
    }).on("error", reject);
  });
}

const server = http.createServer(async (_request, reply) => {
  try {
    const [address] = await resolver.resolve4("api.shop.test");
    const { region } = await price(address);
    reply.end(JSON.stringify({ from: region }));
  } catch (failure) {
    reply.writeHead(502).end(JSON.stringify({ error: String(failure) }));
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
