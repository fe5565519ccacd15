// Measures the official SDK: node sdk.js inputs.json milliseconds
// prints {"encode":…,"decode":…,"verify":…}, calls in a second of processor time,
// after checking that it writes the expected codes.
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
  const before = process.cpuUsage();
  do {
    for (const c of cases) call(c);
    calls += cases.length;
  } while (process.hrtime.bigint() - start < budget);
  const { user, system } = process.cpuUsage(before); // microseconds
  return (calls * 1e6) / (user + system);
}

// The SDK makes the MD5 of every code it encodes.
const measures = { encode, decode: (c) => BakongKHQR.decode(c.qr), verify };
const result = {};
for (const [name, call] of Object.entries(measures)) {
  rate(call); // warm up
  result[name] = rate(call);
}
result["encode+md5"] = result.encode;
console.log(JSON.stringify(result));
