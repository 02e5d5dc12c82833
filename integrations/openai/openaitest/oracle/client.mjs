// Runs OpenAI's official client against the fake. Usage: node client.mjs URL KEY
import assert from 'node:assert/strict'
import OpenAI, {
  APIConnectionError, AuthenticationError, BadRequestError, InternalServerError, NotFoundError, RateLimitError,
} from 'openai'

const [baseURL, apiKey] = process.argv.slice(2)
const client = new OpenAI({ baseURL, apiKey, logLevel: 'off' })
const model = 'fake-model'
const ask = content => [{ role: 'system', content: 'Answer in json.' }, { role: 'user', content }]
const create = (content, more, options) =>
  client.chat.completions.create({ model, messages: ask(content), max_tokens: 100, ...more }, options)

const models = []
for await (const m of client.models.list()) models.push(m.id)
assert.deepEqual(models, ['fake-model', 'fake-reasoner', 'fake-embedding'])
assert.equal((await client.models.retrieve(model)).object, 'model')

// An answer in a schema, as the client itself parses it.
const schema = {
  type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'], additionalProperties: false,
}
const json_schema = { name: 'advice', strict: true, schema }
const parsed = await client.chat.completions.parse({
  model, messages: ask('json'), response_format: { type: 'json_schema', json_schema },
})
assert.equal(JSON.parse(parsed.choices[0].message.content).answer, 'yes, да')
assert.equal(parsed.choices[0].finish_reason, 'stop')
assert.equal(parsed.choices[0].message.refusal, null)
assert.ok(parsed.usage.prompt_tokens > 0)
assert.equal(parsed.usage.total_tokens, parsed.usage.prompt_tokens + parsed.usage.completion_tokens)

const refused = await create('refuse')
assert.equal(refused.choices[0].message.content, null)
assert.equal(refused.choices[0].message.refusal, 'I cannot help with that.')
assert.equal((await create('json', { max_tokens: 1 })).choices[0].finish_reason, 'length')

// A stream by hand, and as the client's own runner joins it.
let text = ''
let usage = null
for await (const chunk of await create('json', { stream: true, stream_options: { include_usage: true } })) {
  if (chunk.choices.length > 0) text += chunk.choices[0].delta.content ?? ''
  else usage = chunk.usage
}
assert.equal(JSON.parse(text).answer, 'yes, да')
assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
const runner = client.chat.completions.stream({ model, messages: ask('json'), stream_options: { include_usage: true } })
assert.equal((await runner.finalChatCompletion()).choices[0].message.content, text)
assert.ok((await runner.totalUsage()).total_tokens > 0)

// Vectors: the client asks for base64 unless it is told otherwise.
const input = ['refunds of domains', 'почта']
const packed = await client.embeddings.create({ model: 'fake-embedding', input })
const plain = await client.embeddings.create({ model: 'fake-embedding', input, encoding_format: 'float' })
assert.equal(packed.data.length, 2)
packed.data.forEach((vector, i) => {
  assert.equal(vector.embedding.length, 256)
  vector.embedding.forEach((x, j) => assert.ok(Math.abs(x - plain.data[i].embedding[j]) < 1e-6))
})
const short = await client.embeddings.create({ model: 'fake-embedding', input, dimensions: 8 })
assert.equal(short.data[0].embedding.length, 8)

// fails makes a call and gives its error, which has to be of the class.
async function fails(Class, call) {
  try {
    await call()
  } catch (error) {
    assert.ok(error instanceof Class, `${error.constructor.name}: ${error.message}, not ${Class.name}`)
    return error
  }
  assert.fail(`accepted, not ${Class.name}`)
}
const once = { maxRetries: 0 }
const stranger = new OpenAI({ baseURL, apiKey: 'sk-wrong', logLevel: 'off' })
assert.equal((await fails(AuthenticationError, () => stranger.models.list())).code, 'invalid_api_key')
assert.equal((await fails(NotFoundError, () => create('json', { model: 'gpt-9' }))).code, 'model_not_found')
const bound = await fails(BadRequestError, () => create('json', { model: 'fake-reasoner' }))
assert.deepEqual([bound.code, bound.param, bound.type], ['unsupported_parameter', 'max_tokens', 'invalid_request_error'])
const open = { name: 'advice', strict: true, schema: { type: 'object', properties: {} } }
const wrong = await fails(BadRequestError, () =>
  create('json', { response_format: { type: 'json_schema', json_schema: open } }))
assert.equal(wrong.param, 'response_format')
await fails(BadRequestError, () => client.embeddings.create({ model: 'fake-embedding', input: '' }))
const busy = await fails(RateLimitError, () => create('busy', {}, once))
assert.deepEqual([busy.code, busy.headers.get('retry-after-ms')], ['rate_limit_exceeded', '20'])
assert.equal((await fails(RateLimitError, () => create('poor', {}, once))).code, 'insufficient_quota')
await fails(InternalServerError, () => create('broken', {}, once))
await fails(APIConnectionError, () => create('lost', {}, once))
// Asked again by the client itself after the pause that the server asks for.
assert.equal((await create('busy once')).choices[0].finish_reason, 'stop')
console.log('the official client agrees with the fake')
