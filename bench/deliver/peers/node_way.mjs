// nodemailer's pool of five connections and handlebars over HTML that was compiled once: `node node_way.mjs MATERIAL PORT LETTERS`.
// Nothing is recorded anywhere. Prints what the start cost, and what sending did.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const handlebars = require('handlebars');
const nodemailer = require('nodemailer');
const material = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const readers = material.readers.slice(0, Number(process.argv[4]));

handlebars.registerHelper('or', (...values) => values.slice(0, -1).find(Boolean) ?? '');
const html = handlebars.compile(material.handlebars.html);
const text = handlebars.compile(material.handlebars.text, { noEscape: true });
const pool = nodemailer.createTransport({ pool: true, maxConnections: 5, maxMessages: Infinity, host: '127.0.0.1', port: Number(process.argv[3]), ignoreTLS: true });
const cpu = () => { const used = process.cpuUsage(); return (used.user + used.system) / 1e6; };

const start = cpu(), began = performance.now();
let next = 0, sent = 0;
async function worker() {
  while (next < readers.length) {
    const reader = readers[next++];
    await pool.sendMail({
      from: material.from, to: reader.to, subject: reader.subject, messageId: reader.message_id,
      headers: { 'List-Unsubscribe': `<${reader.header_url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
      text: text(reader), html: html(reader),
    });
    sent++;
  }
}
await Promise.all(Array.from({ length: 10 }, worker));
pool.close();
console.log(JSON.stringify({ start, seconds: (performance.now() - began) / 1000, sent }));
