// Measures the official SDK: node sdk.js inputs.json milliseconds
// prints {"encode":…,"decode":…,"verify":…}, calls a second, after checking that
// it writes the expected codes.
"use strict";
const fs = require("fs");
const { BakongKHQR, IndividualInfo, MerchantInfo } = require("bakong-khqr");

const cases = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const budget = BigInt(process.argv[3]) * 1000000n;
const sdk = new BakongKHQR();

let now = 0;
Date.now = () => now;

function encode(c) {
  now = c.now;
  return c.merchant
    ? sdk.generateMerchant(new MerchantInfo(c.account, c.name, c.city, c.merchantID, c.bank, c.optional))
    : sdk.generateIndividual(new IndividualInfo(c.account, c.name, c.city, c.optional));
}

function verify(c) {
  now = c.now;
  return BakongKHQR.verify(c.qr);
}

for (const c of cases) {
  const { data } = encode(c);
  if (!data || data.qr !== c.qr || data.md5 !== c.md5) throw new Error(`the SDK does not write ${c.qr}`);
}

function rate(call) {
  let calls = 0;
  const start = process.hrtime.bigint();
  for (;;) {
    for (const c of cases) call(c);
    calls += cases.length;
    const spent = process.hrtime.bigint() - start;
    if (spent >= budget) return (calls * 1e9) / Number(spent);
  }
}

const measures = { encode, decode: (c) => BakongKHQR.decode(c.qr), verify };
const result = {};
for (const [name, call] of Object.entries(measures)) {
  rate(call); // warm up
  result[name] = rate(call);
}
console.log(JSON.stringify(result));
