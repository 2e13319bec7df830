/**
 * An OTLP/HTTP endpoint that acknowledges and forgets, in a process of its own: what a collector nearby looks like
 * to the process that sends. `GET /received` tells what came.
 */
import { createServer } from 'node:http';

const received = { requests: 0, bytes: 0 };
const server = createServer((request, response) => {
  if (request.method === 'GET') return void response.end(JSON.stringify(received));
  request.on('data', (chunk) => {
    received.bytes += chunk.length;
  });
  request.on('end', () => {
    received.requests++;
    response.setHeader('content-type', request.headers['content-type'] ?? 'application/json');
    response.end(request.headers['content-type']?.includes('json') ? '{}' : '');
  });
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('disconnect', () => process.exit(0));
