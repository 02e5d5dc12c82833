// Holds a recording of requests and answers, one JSON object a line, against schemas made of
// the official client's types. Usage: node validate.mjs RECORDING
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Ajv from 'ajv'
import { createGenerator } from 'ts-json-schema-generator'

const resources = join(dirname(fileURLToPath(import.meta.url)), 'node_modules/openai/resources')
const ajv = new Ajv({ strict: false, allErrors: false })
const generators = new Map()
const compiled = new Map()

// check holds a value against a type, named as file:type.
function check(name, value) {
  const [file, type] = name.split(':')
  if (!generators.has(file)) {
    const path = join(resources, `${file}.d.ts`)
    generators.set(file, createGenerator({ path, skipTypeCheck: true, additionalProperties: false }))
  }
  if (!compiled.has(name)) compiled.set(name, ajv.compile(generators.get(file).createSchema(type)))
  const valid = compiled.get(name)
  // Places and rules alone: errors must not quote what was written.
  return valid(value) ? [] : valid.errors.slice(-3).map(e => `${e.instancePath || '/'} ${e.message}`)
}

const chat = 'chat/completions/completions'
const request = { 'chat.completions': `${chat}:ChatCompletionCreateParams`, embeddings: 'embeddings:EmbeddingCreateParams' }
const answer = { 'chat.completions': `${chat}:ChatCompletion`, embeddings: 'embeddings:CreateEmbeddingResponse' }

// wrongs of one exchange.
function wrongs(e) {
  const all = []
  if (e.route in request) all.push(...check(request[e.route], e.request).map(w => `request ${w}`))
  const parts = e.status !== 200 ? [['shared:ErrorObject', e.response.error]]
    : e.streamed ? e.response.map(event => [`${chat}:ChatCompletionChunk`, event])
      : e.route === 'models' ? e.response.data.map(model => ['models:Model', model])
        : [[answer[e.route], e.response]]
  for (const [type, value] of parts) all.push(...check(type, value).map(w => `answer ${w}`))
  return all
}

let faults = 0
function fault(text) {
  faults++
  console.error(text)
}

// What the schemas must refuse, or they check nothing.
const messages = [{ role: 'user', content: 'x' }]
const spoiled = [
  [request['chat.completions'], { model: 'm', messages: [{ role: 'nobody', content: 'x' }] }],
  [request['chat.completions'], { model: 'm', messages, max_tokens: '9' }],
  [request['chat.completions'], { model: 'm', messages, response_format: { type: 'json_schema', json_schema: {} } }],
  [request['chat.completions'], { model: 'm', messages, tokens: 9 }],
  [request.embeddings, { model: 'm' }],
  [answer['chat.completions'], { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0 }] }],
  [answer.embeddings, { object: 'list', data: [], model: 'm' }],
  [`${chat}:ChatCompletionChunk`, { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [] }],
  ['models:Model', { id: 'x' }],
  ['shared:ErrorObject', { message: 'x', type: 'x', code: 5, param: null }],
]
for (const [type, value] of spoiled) {
  if (check(type, value).length === 0) fault(`${type} accepts what is spoiled`)
}

const seen = new Map()
for (const line of readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean)) {
  const exchange = JSON.parse(line)
  const kind = `${exchange.route} ${exchange.streamed ? 'streamed' : exchange.status}`
  for (const wrong of wrongs(exchange)) fault(`${kind}: ${wrong}`)
  seen.set(kind, (seen.get(kind) ?? 0) + 1)
}
for (const kind of ['chat.completions 200', 'chat.completions streamed', 'chat.completions 400', 'chat.completions 404',
  'embeddings 200', 'embeddings 404', 'models 200', 'models 401']) {
  if (!seen.has(kind)) fault(`${kind} is not in the recording`)
}
console.log(`checked ${[...seen.values()].reduce((a, b) => a + b, 0)} exchanges of ${seen.size} kinds`)
process.exit(faults === 0 ? 0 : 1)
