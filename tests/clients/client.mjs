// Node's fetch (undici) against the server at the URL given: prints "ok", or what went wrong and exits with 1.

import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';

const url = process.argv[2];
const bytesOf = async (response) => Buffer.from(await response.arrayBuffer());

const page = await bytesOf(await fetch(`${url}/page.html`));
const many = await Promise.all(Array.from({ length: 200 }, () => fetch(`${url}/page.html`).then(bytesOf)));
assert(many.every((one) => one.equals(page)), 'one of 200 requests at once was answered wrongly');

const response = await fetch(`${url}/large.bin`);
const whole = await bytesOf(response);
const etag = response.headers.get('etag');
const part = await fetch(`${url}/large.bin`, { headers: { range: 'bytes=-1000', 'if-range': etag } });
assert.equal(part.status, 206);
assert((await bytesOf(part)).equals(whole.subarray(-1000)), 'a range is wrong');
assert.equal((await fetch(`${url}/large.bin`, { headers: { 'if-none-match': etag } })).status, 304);

const text = await fetch(`${url}/compressed/text.txt`);
assert.match(text.headers.get('content-encoding'), /^(br|gzip|zstd)$/);
assert.match(await text.text(), /^line 0 /);

// A stream of unknown length.
async function* pieces() {
  for (let at = 0; at < whole.length; at += 100_000) yield whole.subarray(at, at + 100_000);
}
const stored = await fetch(`${url}/store/node.bin`, { method: 'PUT', body: ReadableStream.from(pieces()), duplex: 'half' });
assert.equal(stored.status, 201);
assert((await bytesOf(await fetch(`${url}/store/node.bin`))).equals(whole), 'an upload came back changed');
const packed = await fetch(`${url}/store/packed.bin`, {
  method: 'PUT', body: gzipSync(whole.subarray(0, 100_000)), headers: { 'content-encoding': 'gzip' },
});
assert.equal(packed.status, 201);
assert((await bytesOf(await fetch(`${url}/store/packed.bin`))).equals(whole.subarray(0, 100_000)), 'a compressed upload came back changed');

const form = new FormData();
form.append('note', 'a text');
form.append('file', new Blob([whole.subarray(0, 300_000)]), 'from node.bin');
assert.equal((await fetch(`${url}/store/`, { method: 'POST', body: form })).status, 201);
assert((await bytesOf(await fetch(`${url}/store/from%20node.bin`))).equals(whole.subarray(0, 300_000)), 'a file of a form came back changed');

// A download that is given up; the next request is served.
const given_up = new AbortController();
const begun = await fetch(`${url}/large.bin`, { signal: given_up.signal });
await begun.body.getReader().read();
given_up.abort();
assert.equal((await fetch(`${url}/page.html`)).status, 200);
console.log('ok');
