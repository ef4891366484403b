// Times npm mjml and nodemailer's composer over the letters in a JSON file: `node node.mjs FILE`. Prints microseconds of CPU a letter.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(process.cwd() + '/');
const mjml = require('mjml');
const MailComposer = require('nodemailer/lib/mail-composer');
const letters = JSON.parse(readFileSync(process.argv[2], 'utf8'));

async function cost(letters, way) {
  for (const letter of letters.slice(0, 2)) await way(letter);
  const started = process.cpuUsage();
  for (const letter of letters) await way(letter);
  const used = process.cpuUsage(started);
  return (used.user + used.system) / letters.length;
}

const compile = (letter) => mjml(letter.mjml, { validationLevel: 'skip' });
const compose = ({ message }) => new Promise((done, failed) =>
  new MailComposer(message).compile().build((error, bytes) => (error ? failed(error) : done(bytes))));

const versions = { mjml: require('mjml/package.json').version, nodemailer: require('nodemailer/package.json').version };
const result = { versions, mjml: await cost(letters.slice(0, 12), compile), compose: await cost([...letters, ...letters, ...letters], compose) };
console.log(JSON.stringify(result));
