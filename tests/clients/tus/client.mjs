// tus-js-client, in the manner of the IETF's draft, against the server at the URL given: uploads the file given in parts, breaks off in the middle, and goes on from
// there with another object, as a page does that was loaded again. Prints "ok", or what went wrong and exits with 1.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import tus from 'tus-js-client';

const { Upload } = tus;
const [url, file] = process.argv.slice(2);
const content = readFileSync(file);

function upload(options) {
  return new Promise((resolve, reject) => {
    const one = new Upload(content, {
      endpoint: `${url}/store/tus.bin`, protocol: 'ietf-draft-05', chunkSize: 700_000, retryDelays: null, onError: reject,
      onSuccess: () => resolve(one), ...options,
      onChunkComplete: (size, accepted) => options.onAccepted?.(one, accepted, resolve),
    });
    one.start();
  });
}

const broken = await upload({ onAccepted: (one, accepted, resolve) => { if (accepted >= 2_000_000) one.abort().then(() => resolve(one)); } });
assert.match(broken.url, /\/store\/\.ropeway-upload-parts\/[0-9a-f]{32}$/);
assert.equal((await fetch(`${url}/store/tus.bin`)).status, 404);

const sent = [];
await upload({ uploadUrl: broken.url, onAccepted: (one, accepted) => sent.push(accepted) });
assert(sent[0] > 2_100_000 && sent.at(-1) === content.length, `what was there was sent again: ${sent}`);
assert((Buffer.from(await (await fetch(`${url}/store/tus.bin`)).arrayBuffer())).equals(content), 'an upload came back changed');
console.log('ok');
