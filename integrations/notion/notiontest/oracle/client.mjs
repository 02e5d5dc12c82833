// Runs the official client against the fake. Usage: node client.mjs URL TOKEN DATABASE
import assert from 'node:assert/strict'
import { APIResponseError, Client, LogLevel, collectPaginatedAPI, isFullPage } from '@notionhq/client'

const [baseUrl, auth, database_id] = process.argv.slice(2)
const notion = new Client({ auth, baseUrl, logLevel: LogLevel.ERROR, retry: { initialRetryDelayMs: 50 } })

const database = await notion.databases.retrieve({ database_id })
assert.equal(database.data_sources.length, 1)
const data_source_id = database.data_sources[0].id
const source = await notion.dataSources.retrieve({ data_source_id })
assert.equal(source.properties['Telegram ID'].type, 'number')

const text = content => [{ text: { content } }]
const page = await notion.pages.create({
  parent: { type: 'data_source_id', data_source_id },
  properties: { Name: { title: text('Bob') }, 'Telegram ID': { number: 77 }, Username: { rich_text: text('@bob') } },
})
assert.ok(isFullPage(page) && page.url.startsWith('https://'))

const find = () => notion.dataSources.query({
  data_source_id,
  filter: { property: 'Telegram ID', number: { equals: 77 } },
  sorts: [{ timestamp: 'created_time', direction: 'ascending' }],
  page_size: 2,
  filter_properties: ['title', source.properties.Tags.id],
})
let found = await find() // the Go side lets the first query meet a 429: the client asks again
assert.deepEqual(found.results.map(p => p.id), [page.id])
assert.deepEqual(Object.keys(found.results[0].properties).sort(), ['Name', 'Tags'])

const updated = await notion.pages.update({
  page_id: page.id,
  properties: { Tags: { multi_select: [{ name: 'vip' }] }, Priority: { select: { name: 'High' } } },
})
assert.equal(updated.properties.Priority.select.name, 'High')
const read = await notion.pages.retrieve({ page_id: page.id })
assert.deepEqual(read.properties.Tags.multi_select.map(o => o.name), ['vip'])

for (const from of [0, 100]) {
  const children = Array.from({ length: 100 }, (_, i) => ({ paragraph: { rich_text: text(`line ${from + i}`) } }))
  const { results } = await notion.blocks.children.append({ block_id: page.id, children })
  assert.equal(results.length, 100)
}
const blocks = await collectPaginatedAPI(notion.blocks.children.list, { block_id: page.id, page_size: 70 })
assert.deepEqual(blocks.map(b => b.paragraph.rich_text[0].plain_text), Array.from({ length: 200 }, (_, i) => `line ${i}`))
await notion.blocks.delete({ block_id: blocks[0].id })
assert.equal((await notion.blocks.retrieve({ block_id: blocks[0].id })).in_trash, true)

// refusal tells the code with which a call is refused.
async function refusal(call) {
  try {
    await call()
  } catch (error) {
    if (error instanceof APIResponseError) return error.code
    throw error
  }
  return 'accepted'
}
const long = 'x'.repeat(2001)
const missing = '11111111-1111-4111-8111-111111111111'
const create = properties => notion.pages.create({ parent: { data_source_id }, properties })
assert.equal(await refusal(() => create({ Name: { title: text(long) } })), 'validation_error')
assert.equal(await refusal(() => create({ 'Telegram ID': { number: '77' } })), 'validation_error')
assert.equal(await refusal(() => create({ Nothing: { number: 77 } })), 'validation_error')
assert.equal(await refusal(() => notion.pages.retrieve({ page_id: missing })), 'object_not_found')
assert.equal(await refusal(() => notion.blocks.children.append({
  block_id: page.id, children: Array.from({ length: 101 }, () => ({ paragraph: { rich_text: [] } })),
})), 'validation_error')
await notion.pages.update({ page_id: page.id, in_trash: true })
assert.equal(await refusal(() => notion.pages.update({ page_id: page.id, properties: {} })), 'validation_error')
found = await find()
assert.equal(found.results.length, 0)
const stranger = new Client({ auth: 'wrong', baseUrl, logLevel: LogLevel.ERROR })
assert.equal(await refusal(() => stranger.databases.retrieve({ database_id })), 'unauthorized')
console.log('the official client agrees with the fake')
