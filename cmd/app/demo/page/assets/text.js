// Renders Telegram text: entities count UTF-16 units, as JavaScript's strings do.
import { copy, el, svg, icons } from "./dom.js";

// within finds out whether an address belongs to the stage: it gives what opens it there, else nothing.
let within = () => undefined;
export const keepWithin = (find) => { within = find; };

const squares = { "🟪": "purple", "🟨": "yellow", "⬛": "black" };
const tags = { bold: "b", italic: "i", underline: "u", strikethrough: "s", blockquote: "blockquote" };

const blocks = new Set(["pre", "blockquote", "expandable_blockquote"]);

// rich returns nodes for text with entities; onCommand is told of a clicked /command.
export function rich(text, entities = [], onCommand) {
  const list = entities
    .filter((e) => e.offset >= 0 && e.length > 0 && e.offset + e.length <= text.length)
    .toSorted((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, 0, text.length, list, onCommand);
}

// build renders text[from, to); entities that begin inside another become its children.
function build(text, from, to, list, onCommand) {
  const out = [];
  let at = from;
  for (let i = 0; i < list.length; i++) {
    const e = list[i];
    if (e.offset < at) continue;
    const end = Math.min(e.offset + e.length, to);
    const inside = [];
    while (i + 1 < list.length && list[i + 1].offset < end) {
      i++;
      if (list[i].offset + list[i].length <= end) inside.push(list[i]);
    }
    out.push(...words(text.slice(at, e.offset)));
    out.push(wrap(e, text.slice(e.offset, end), build(text, e.offset, end, inside, onCommand), onCommand));
    // A block ends its line itself.
    at = end + (blocks.has(e.type) && text[end] === "\n" ? 1 : 0);
  }
  out.push(...words(text.slice(at, to)));
  return out;
}

// words makes links of the addresses in a text, as Telegram does.
function words(text) {
  const out = [];
  for (const part of text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]])/)) {
    if (/^https?:/.test(part)) out.push(anchor(part, [document.createTextNode(part)]));
    else out.push(...plain(part));
  }
  return out;
}

function wrap(e, raw, children, onCommand) {
  if (tags[e.type]) return el(tags[e.type], {}, ...children);
  switch (e.type) {
    case "expandable_blockquote":
      return expandable(children);
    case "code":
    case "pre":
      return copyable(e.type, raw, children);
    case "url":
    case "text_link":
      return anchor(e.url || raw, children);
    case "spoiler":
      return el("span", { class: "spoiler", tabindex: "0" }, ...children);
    case "bot_command":
      return onCommand
        ? el("button", { type: "button", class: "entity-command", onclick: () => onCommand(raw) }, ...children)
        : el("span", { class: "entity" }, ...children);
    case "mention": case "hashtag": case "cashtag": case "email": case "phone_number": case "text_mention":
      return el("span", { class: "entity" }, ...children);
    default:
      return el("span", {}, ...children);
  }
}

// expandable is a quote of which three lines are shown until somebody taps it, as in Telegram.
function expandable(children) {
  const lines = el("span", { class: "lines" }, ...children);
  const more = el("button", { type: "button", class: "unfold", "aria-expanded": "false", "aria-label": "The whole quote", "data-testid": "unfold" }, svg(icons.unfold));
  const node = el("blockquote", { class: "expandable", "data-testid": "expandable" }, lines, more);
  node.addEventListener("click", (ev) => {
    if (ev.target.closest("a, .copyable") || !node.dataset.long) return;
    more.setAttribute("aria-expanded", String(node.toggleAttribute("data-open")));
  });
  // One that is no longer than the three lines has nothing to open.
  new ResizeObserver(() => {
    if ("open" in node.dataset || !lines.clientHeight) return;
    node.dataset.long = lines.scrollHeight > lines.clientHeight + 2 ? "true" : "";
  }).observe(lines);
  return node;
}

function copyable(type, raw, children) {
  const act = () => copy(raw);
  return el(type === "pre" ? "pre" : "code", {
    class: "copyable", title: "Click to copy", role: "button", tabindex: "0", onclick: act,
    onkeydown: (ev) => { if (ev.key === "Enter") act(); },
  }, ...children);
}

// anchor makes a link only of web addresses; anything else stays text.
function anchor(href, children) {
  let url;
  try {
    url = new URL(/^[a-z]+:/i.test(href) ? href : `https://${href}`);
  } catch {
    return el("span", {}, ...children);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return el("span", {}, ...children);
  const open = within(url);
  if (open) return el("a", { href: "#", onclick: (ev) => { ev.preventDefault(); open(); } }, ...children);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

// plain turns text into nodes; the mirror's status squares are drawn, as fonts differ.
export function plain(text) {
  const out = [];
  for (const part of text.split(/(🟪|🟨|⬛\uFE0F?)/u)) {
    const name = squares[part.replace("\uFE0F", "")];
    if (name) out.push(el("span", { class: `square ${name}`, role: "img", "aria-label": `${name} square`, text: part }));
    else if (part) out.push(document.createTextNode(part));
  }
  return out;
}

// marked is rich text whose leading comment mark is shown faintly.
export function marked(text, entities, onCommand) {
  const nodes = rich(text, entities, onCommand);
  const first = nodes[0];
  if (first instanceof Text && first.data.startsWith("/ ")) {
    first.data = first.data.slice(2);
    nodes.unshift(el("span", { class: "mark", text: "/ ", title: "The comment mark: the mirror keeps this message inside" }));
  }
  return nodes;
}

// fileLine names an attached file; one whose content is kept can be opened and downloaded.
export function fileLine(name, id) {
  if (!id) return el("span", { class: "file" }, svg(icons.file), el("span", { text: name }));
  const address = `api/files/${encodeURIComponent(id)}/${encodeURIComponent(name)}`;
  return el("span", { class: "file", "data-testid": "file" }, svg(icons.file),
    el("a", { href: address, target: "_blank", rel: "noopener", title: "Open in a new tab", "data-testid": "file-open", text: name }),
    el("a", { href: `${address}?download`, download: name, class: "save", title: "Download" }, svg(icons.save, `Download ${name}`)));
}
