// Node's ws against the echo and chat handlers at the URL given ("ws://127.0.0.1:8000"): prints "ok", or what went wrong and exits with 1.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const WebSocket = require('ws');

const url = process.argv[2];

async function open(path, protocols = [], options = {}) {
  const socket = new WebSocket(url + path, protocols, options);
  await once(socket, 'open');
  return socket;
}

async function echo(socket, data) {
  socket.send(data);
  const [answer, isBinary] = await once(socket, 'message');
  return isBinary ? answer : answer.toString();
}

async function main() {
  for (const perMessageDeflate of [false, true]) {
    const socket = await open('/echo', [], { perMessageDeflate });
    assert.equal(socket.extensions, perMessageDeflate ? 'permessage-deflate' : '');
    for (const text of ['', 'hello', 'κόσμε 🚠', 'x'.repeat(1_000_000), JSON.stringify(Array(5000).fill({ a: 1 }))]) {
      assert.equal(await echo(socket, text), text);
    }
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7));
    assert(bytes.equals(await echo(socket, bytes)), 'bytes came back changed');
    socket.ping('still there?');
    assert.equal((await once(socket, 'pong'))[0].toString(), 'still there?');
    const all = Array.from({ length: 1000 }, (_, i) => `message ${i}`);
    const answers = [];
    const done = new Promise((resolve) => socket.on('message', (one) => answers.push(one.toString()) === all.length && resolve()));
    for (const one of all) socket.send(one);
    await done;
    assert.deepEqual(answers, all);
    socket.close(4321, 'enough');
    assert.equal((await once(socket, 'close'))[0], 4321);
  }
  const ann = await open('/chat/one', ['other', 'chat']);
  const bob = await open('/chat/one', ['chat']);
  const eve = await open('/chat/two', ['chat']);
  assert.equal(ann.protocol, 'chat');
  eve.on('message', () => assert.fail('a message of another room'));
  const heard = once(bob, 'message');
  ann.send('hi Bob');
  assert.equal((await heard)[0].toString(), 'hi Bob');
  for (const one of [ann, bob, eve]) one.close();
  const refused = new WebSocket(`${url}/echo`, { origin: 'http://elsewhere.example' });
  refused.on('error', () => {});
  assert.equal((await once(refused, 'unexpected-response'))[1].statusCode, 403);
  console.log('ok');
  process.exit(0);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
