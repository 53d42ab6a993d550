// Dayi's widget for documentation sites: a button, and behind it a panel that answers with causes, steps and sources.
// It needs nothing but this script and its server: styles are constructed sheets, answers come as trees (ui/blocks.py)
// whose elements are made one by one, and whatever fails, fails here. ES2020; see types.d.ts and docs/widget.md.
"use strict";
(() => {
  if (customElements.get("dayi-widget") || !document.adoptedStyleSheets) return; // loaded twice, or an old browser

  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript || document.querySelector('script[src*="/widget.js"]') // a module has no current script
  );

  // ---- texts: what must be said without the server; the others come with the site's settings (ui/widget/texts.py)

  /** @type {Record<string, Record<string, string>>} */
  const TEXTS = {
    zh: {
      launch: "答疑",
      close: "关闭",
      retry: "再试一次",
      error_offline: "当前没有网络连接。",
      error_unreachable: "暂时连不上答疑服务，请稍后再试。",
      error_forbidden: "这个站点还没有开通答疑。",
    },
    en: {
      launch: "Ask",
      close: "Close",
      retry: "Try again",
      error_offline: "You are offline.",
      error_unreachable: "The answer service cannot be reached right now.",
      error_forbidden: "Asking is not enabled for this site.",
    },
  };

  // ---- elements

  /**
   * An element. Functions among `props` are listeners, `true` is an empty attribute, false and nothing are none.
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag @param {Record<string, any>} [props] @param {...Child} children
   * @returns {HTMLElementTagNameMap[K]}
   */
  function el(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (typeof value === "function") element.addEventListener(name, (event) => quietly(() => value(event)));
      else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) if (child) element.append(child);
    return element;
  }

  /** @type {Record<string, string>} */
  const ICONS = {
    chat: "M4 4h12v9H9l-4 3.5V13H4zM7 7.5h6M7 10h4",
    close: "M5 5l10 10M15 5L5 15",
    fresh: "M10 4v12M4 10h12",
    send: "M10 16V4.5M5 9l5-5 5 5",
    stop: "M6 6h8v8H6z",
    copy: "M7 7h9v9H7zM13 7V4H4v9h3",
    link: "M8 12l4-4M9 6l2-2a3.5 3.5 0 0 1 5 5l-2 2M11 14l-2 2a3.5 3.5 0 0 1-5-5l2-2",
    thumb: "M6 9v7.5H3.5V9zM6 9l3.5-6c1.5 0 2 1 1.7 2.3L10.6 8H15c1.2 0 2 1 1.7 2.100l-1 5c-.2.9-.9 1.4-1.8 1.4H6",
    out: "M8 4.5H4v11.5h11.5v-4M11.5 3.5h5v5M16 4l-7 7",
    check: "M4 10.5l4 4 8-9",
    shield: "M10 3l6 2v5c0 3-2 6-6 7-4-1-6-4-6-7V5zM7.5 10l2 2 3.5-4",
    arrow: "M4 10h12M11 5l5 5-5 5",
  };

  /**
   * A button that is not one of a form.
   * @param {string} name @param {Record<string, any>} props @param {...Child} children
   */
  const button = (name, props, ...children) => el("button", { type: "button", class: name, ...props }, ...children);

  /** @param {string} name */
  function icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    for (const [key, value] of [["viewBox", "0 0 20 20"], ["class", "icon"], ["aria-hidden", "true"]]) {
      svg.setAttribute(key, value);
    }
    path.setAttribute("d", ICONS[name]);
    svg.append(path);
    return svg;
  }

  const TAGS = new Set("p br hr strong em s code pre span blockquote ul ol li table thead tbody tr th td".split(" "));

  /**
   * The nodes of an answer's blocks. The server has cleaned them; here is the second lock: known elements only, and of
   * attributes only classes, list numbers and safe addresses. `cite` makes the mark of a citation.
   * @param {Block[]} blocks @param {(n: number) => Node} cite
   */
  function build(blocks, cite) {
    const fragment = document.createDocumentFragment();
    for (const block of blocks) fragment.append(typeof block === "string" ? block : buildElement(block, cite));
    return fragment;
  }

  /** @param {[string, Record<string, string>, any[]]} block @param {(n: number) => Node} cite @returns {Node} */
  function buildElement([tag, attributes, children], cite) {
    if (attributes.class === "cite") return cite(Number((attributes.href || "").replace(/.*-/, "")));
    const inner = build(children, cite);
    if (tag === "a") return link(attributes.href, {}, inner);
    if (/^h[1-6]$/.test(tag)) return el("h5", {}, inner); // below our own headings, whatever the author chose
    const isWide = tag === "pre" || tag === "table"; // scrolls by itself, so the keyboard must reach it
    const props = { class: attributes.class, start: attributes.start, tabindex: isWide && 0 };
    return el(/** @type {"p"} */ (TAGS.has(tag) ? tag : "span"), props, inner);
  }

  /** An address that a reader may be sent to; null for any other. @param {string} href */
  function safeUrl(href) {
    const url = quietly(() => new URL(href), true);
    return url && /^(https?|mailto):$/.test(url.protocol) && !url.username ? url : null;
  }

  /** @param {string} url */
  const hostOf = (url) => safeUrl(url)?.host || "";

  /**
   * A link out of the panel; plain text where the address is not a safe one.
   * @param {string} href @param {Record<string, any>} props @param {...Child} children
   */
  function link(href, props, ...children) {
    if (!safeUrl(href)) return el("span", props, ...children);
    return el("a", { href, target: "_blank", rel: "noopener noreferrer nofollow ugc", ...props }, ...children);
  }

  /** Marks of citations inside a quote are the author's own. @param {Block[]} blocks */
  const plain = (blocks) => build(blocks, (n) => document.createTextNode(`[${n}]`));

  /** How bright a colour as the browser computes it is, 0 to 1; nothing if transparent. @param {string} colour */
  function luminance(colour) {
    const numbers = (colour.match(/[\d.]+/g) || []).map(Number);
    if (numbers.length < 3 || numbers[3] === 0) return undefined;
    const scale = colour.startsWith("rgb") ? 255 : 1;
    const [r, g, b] = numbers.slice(0, 3).map((part) => {
      const value = part / scale;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; // sRGB, WCAG 2.2 relative luminance
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }

  // ---- the server

  const TRIES = 3; // in a minute, all requests that fail to get through together
  const SILENCE = 45000; // ms; the server says something every 15 s while it works
  /** @type {number[]} */
  let failures = []; // when a request did not get through

  function triesLeft() {
    failures = failures.filter((time) => time > Date.now() - 60000);
    return TRIES - failures.length;
  }

  /** What went wrong; `kind` is the end of a text's name. */
  class Failure extends Error {
    /** @param {string} kind */
    constructor(kind) {
      super(kind);
      this.kind = kind;
    }
  }

  /** @param {number} ms @param {AbortSignal} [signal] */
  const pause = (ms, signal) => new Promise((resolve) => {
    setTimeout(resolve, ms);
    signal?.addEventListener("abort", resolve);
  });

  /**
   * A good reply. With `retry`, a server that cannot be reached is tried again after a moment.
   * @param {string} url
   * @param {{body?: object, accept?: string, signal?: AbortSignal, retry?: boolean}} [options]
   * @returns {Promise<Response>}
   * @throws {Failure}
   */
  async function request(url, { body, accept = "application/json", signal, retry } = {}) {
    const headers = { Accept: accept, ...(body && { "Content-Type": "application/json" }) };
    const method = body ? "POST" : "GET";
    /** @type {RequestInit} */
    const options = { method, headers, body: body && JSON.stringify(body), signal, credentials: "omit" };
    for (let delay = 1000; ; delay *= 4) {
      if (navigator.onLine === false) throw new Failure("offline");
      const reply = await fetch(url, options).catch(() => null);
      if (reply?.ok) return reply;
      const failure = reply ? await failureOf(reply) : new Failure("unreachable");
      if (failure.kind !== "unreachable" || signal?.aborted) throw failure;
      failures.push(Date.now());
      if (!retry || triesLeft() <= 0) throw failure;
      await pause(delay * (0.5 + Math.random()), signal);
    }
  }

  /** @param {Response} reply */
  async function failureOf(reply) {
    if (reply.status === 429) return new Failure("rate_limited");
    if (reply.status === 403) return new Failure("forbidden");
    if (reply.status >= 500) return new Failure(reply.status === 503 ? "busy" : "unreachable");
    return new Failure(await reply.json().then((body) => body.error.code, () => ""));
  }

  /**
   * The events of a stream; characters and events may be cut anywhere.
   * @param {ReadableStream<Uint8Array>} stream
   * @returns {AsyncGenerator<{name: string, data: any}>}
   */
  async function* eventsOf(stream) {
    const reader = stream.getReader();
    const decoder = new TextDecoder();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      const parts = rest.split(/\r?\n\r?\n/);
      rest = parts.pop() || "";
      for (const part of parts) {
        const [, name, data] = /^event: ?(.*)\r?\ndata: ?(.*)/.exec(part) || [];
        if (name) yield { name, data: JSON.parse(data) };
      }
      if (done) return;
    }
  }

  /**
   * Ask, and hand on the events up to the last one.
   * @param {string} url
   * @param {object} body
   * @param {AbortController} stopper ends the question, here and on the server
   * @param {(name: string, data: any) => void} onEvent
   * @throws {Failure}
   */
  async function ask(url, body, stopper, onEvent) {
    let timer = 0;
    const heard = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => stopper.abort(), SILENCE);
    };
    try {
      heard();
      const reply = await request(url, { body, accept: "text/event-stream", signal: stopper.signal, retry: true });
      for await (const { name, data } of eventsOf(/** @type {ReadableStream<Uint8Array>} */ (reply.body))) {
        heard();
        if (name === "error") throw new Failure(data.error.code);
        onEvent(name, data);
        if (name === "done") return;
      }
      throw new Failure("incomplete");
    } catch (error) {
      throw error instanceof Failure ? error : new Failure("incomplete"); // the connection, or what came over it, broke
    } finally {
      clearTimeout(timer);
    }
  }

  // ---- looks

  const STYLES = new CSSStyleSheet();
  STYLES.replaceSync(`
:host { all: initial !important; display: contents !important; }
:host([data-inline]) { display: block !important; height: 100% !important; }
.root {
  --accent: var(--dayi-color, #b8402a); --on-accent: var(--dayi-on-color, #fff);
  --bg: var(--dayi-background, #fff); --ink: var(--dayi-text, #1d1c1a); --soft: #57534c; --faint: #6a655d;
  --line: #e6e3dd; --strong: #cdc8bf; --sunken: #f5f3ef; --mark: #fff2c7; --good: #23663f;
  --font: var(--dayi-font, system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif);
  --mono: ui-monospace, Menlo, Consolas, monospace; --tint: color-mix(in srgb, var(--accent) 11%, var(--bg));
  color-scheme: light; font: 400 15px/1.6 var(--font); color: var(--ink); text-align: start;
}
.root.dark {
  --bg: var(--dayi-background-dark, #1b1a19); --ink: var(--dayi-text-dark, #ece8e2); --soft: #b7b0a6; --faint: #9d968c;
  --line: #35322e; --strong: #4d4943; --sunken: #262422; --mark: #4c3d12; --good: #8fd0a8;
  --tint: color-mix(in srgb, var(--accent) 24%, var(--bg)); color-scheme: dark;
}
:host([data-inline]) .root { height: 100%; }
*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, h5, p, ul, ol, fieldset { margin: 0; padding: 0; border: 0; font: inherit; min-width: 0; }
ul, ol { list-style: none; }
button, textarea, input { font: inherit; color: inherit; margin: 0; }
button { background: none; border: 0; padding: 0; cursor: pointer; text-align: start; }
a { color: inherit; text-decoration: underline; text-decoration-color: var(--accent); }
[hidden] { display: none !important; }
:focus-visible, .pill:has(:focus-visible) { outline: 2px solid var(--ink); outline-offset: 2px; }
.icon { width: 18px; height: 18px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.gap { flex: 1; }
:is(.launcher, .send, .button):hover { filter: brightness(1.1); }
.waiting { margin: 22px 20px; }

.launcher { position: fixed; z-index: var(--dayi-z-index, 2147483000); inset: auto var(--dayi-offset-x, 20px) var(--dayi-offset-y, 20px) auto; display: flex; align-items: center; gap: 8px; height: 48px; padding: 0 20px 0 16px; border-radius: 24px; background: var(--accent); color: var(--on-accent); font-weight: 600; box-shadow: 0 2px 6px rgb(0 0 0 / 18%), 0 8px 24px rgb(0 0 0 / 20%); }
.launcher .icon { width: 22px; height: 22px; }
[data-position$="left"] .launcher { right: auto; left: var(--dayi-offset-x, 20px); }
[data-position^="top"] .launcher { bottom: auto; top: var(--dayi-offset-y, 20px); }

.panel { display: flex; flex-direction: column; width: 100%; height: 100%; background: var(--bg); color: var(--ink); overflow: hidden; }
dialog.panel { position: fixed; inset: auto var(--dayi-offset-x, 20px) var(--dayi-offset-y, 20px) auto; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: var(--dayi-radius, 16px); width: min(var(--dayi-width, 460px), 100vw - 40px); max-width: none; height: min(780px, 100dvh - 40px); max-height: none; box-shadow: 0 4px 12px rgb(0 0 0 / 10%), 0 24px 64px rgb(0 0 0 / 26%); }
section.panel > * { padding-inline: max(18px, 50% - 360px); }
dialog:not([open]) { display: none; }
dialog[open] { animation: rise .18s ease-out; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
.open .launcher { visibility: hidden; }
dialog::backdrop { background: rgb(0 0 0 / 22%); }
[data-position$="left"] dialog.panel { right: auto; left: var(--dayi-offset-x, 20px); }
[data-position^="top"] dialog.panel { bottom: auto; top: var(--dayi-offset-y, 20px); }

header { display: flex; align-items: center; gap: 6px; padding: 12px 12px 12px 18px; border-bottom: 1px solid var(--line); }
.seal { width: 28px; height: 28px; flex: none; margin-right: 4px; border-radius: 8px; object-fit: contain; }
span.seal { display: grid; place-items: center; background: var(--accent); color: var(--on-accent); font: 700 16px/1 "Songti SC", "Noto Serif CJK SC", serif; }
h2 { flex: 1; font-weight: 650; font-size: 15.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.modes { display: flex; padding: 3px; border-radius: 10px; background: var(--sunken); margin-right: 4px; }
.mode { padding: 2px 11px; border-radius: 7px; font-size: 13px; color: var(--soft); }
.mode[aria-pressed="true"] { background: var(--bg); color: var(--ink); box-shadow: 0 1px 3px rgb(0 0 0 / 16%); font-weight: 550; }
.tool { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 9px; color: var(--soft); }
:is(.tool, .action, .go, .open, .row):hover { background: var(--sunken); color: var(--ink); }
.empty .fresh { display: none; }

.scroller { position: relative; flex: 1; container-type: size; min-height: 0; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; }
.home, .results { padding: 26px 20px 16px; }
.home h3 { font: 700 23px/1.3 var(--font); }
.home h3 + p { margin-top: 8px; color: var(--soft); }
.label { margin: 22px 2px 8px; color: var(--faint); font-size: 13px; }
:is(.home, .results, .abstained) ul { display: grid; gap: 8px; }
.row { display: flex; align-items: center; gap: 12px; width: 100%; padding: 11px 14px; border: 1px solid var(--line); border-radius: 12px; color: var(--ink); text-decoration: none; line-height: 1.5; font-size: 14.5px; overflow-wrap: anywhere; }
.row > span { flex: 1; min-width: 0; }
.row .icon { color: var(--faint); }
:is(.row, .action, .open, .go) .icon { width: 16px; height: 16px; }
.row:hover { border-color: var(--accent); }
.results { padding-top: 18px; }
.results .ask { background: var(--tint); border-color: transparent; }
.results strong { display: block; font-weight: 550; }
.results small { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; color: var(--soft); font-size: 13px; }
.results .ask span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }

.turn { padding: 18px 20px 22px; }
.turn + .turn { border-top: 1px solid var(--line); }
.turn:last-child { min-height: 100cqh; }
.question { width: fit-content; max-width: 88%; max-height: 180px; overflow-y: auto; margin-left: auto; padding: 9px 14px; border-radius: 16px 16px 4px 16px; background: var(--tint); white-space: pre-wrap; overflow-wrap: anywhere; }
.reply { margin-top: 16px; }
.status { display: flex; align-items: center; gap: 9px; color: var(--soft); font-size: 14px; margin-bottom: 10px; }
.pulse { width: 8px; height: 8px; border-radius: 50%; background: var(--accent); animation: pulse 1.2s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: .25; transform: scale(.7); } }
.notice { display: flex; gap: 9px; align-items: flex-start; margin-bottom: 14px; padding: 9px 13px; border-radius: 10px; background: var(--sunken); color: var(--soft); font-size: 13.5px; }
.text { margin-left: auto; color: var(--ink); text-decoration: underline; white-space: nowrap; }
.abstained { padding: 15px 17px; border: 1.5px dashed var(--strong); border-radius: 13px; }
.abstained h4 { font-weight: 650; }
.abstained p { color: var(--soft); font-size: 14px; margin-top: 3px; }
.abstained .button { margin-top: 13px; }
.part { margin-top: 20px; }
.part > h4, .turn h5 { font-weight: 650; font-size: 14.5px; margin-bottom: 10px; }
.part > h4 { display: flex; align-items: center; gap: 8px; }
.part > h4::before { content: ""; width: 4px; height: 15px; border-radius: 2px; background: var(--accent); }
.summary { font-size: 16px; }
:is(.causes, .explanation) .items { display: grid; gap: 9px; }
.causes .items > li { padding: 11px 14px; border-radius: 11px; background: var(--sunken); }
.steps .items { counter-reset: step; }
.steps .items > li { counter-increment: step; position: relative; padding: 1px 0 16px 38px; min-height: 40px; }
.steps .items > li::before { content: counter(step); position: absolute; left: 0; top: 0; width: 25px; height: 25px; border-radius: 50%; display: grid; place-items: center; background: var(--tint); font-weight: 650; font-size: 12.5px; }
.steps .items > li:not(:last-child)::after { content: ""; position: absolute; left: 12px; top: 30px; bottom: 3px; width: 1px; background: var(--strong); }
.explanation { color: var(--soft); }
.items > .unsupported { color: var(--faint); }
.unsupported .warning { color: var(--ink); font-size: 13px; font-weight: 550; }

.written { overflow-wrap: anywhere; min-width: 0; }
.written :is(p, ul, ol, pre, .code, table, blockquote) { margin: .6em 0 0; }
.written > :first-child { margin-top: 0; }
.written .code + p { margin-top: .3em; }
.written h5 { margin: 1.1em 0 .3em; }
.written ul { list-style: disc; padding-left: 1.35em; }
.written ol { list-style: decimal; padding-left: 1.5em; }
.written li { margin: .2em 0; }
.written blockquote { padding-left: 12px; border-left: 3px solid var(--strong); color: var(--soft); }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 5px 10px; border: 1px solid var(--line); text-align: start; }
code { font: .88em/1.5 var(--mono); padding: .1em .35em; border-radius: 5px; background: var(--sunken); }
.causes code { background: var(--bg); }
.code { position: relative; }
pre { overflow-x: auto; padding: 11px 13px; border: 1px solid var(--line); border-radius: 10px; background: var(--sunken); font: 12.5px/1.65 var(--mono); tab-size: 2; white-space: pre; margin: 0 !important; }
.causes pre { background: var(--bg); }
pre code { display: block; width: max-content; min-width: 100%; padding: 0; background: none !important; font: inherit; }
pre.plain { white-space: pre-wrap; }
.code pre { padding-right: 42px; }
.code .copy { position: absolute; top: 5px; right: 5px; }
.code .copy span { display: none; }
.cite { display: inline-grid; place-items: center; min-width: 19px; height: 19px; margin: 0 2px; padding: 0 5px; border-radius: 6px; background: var(--tint); color: var(--ink); font: 650 11.5px/1 var(--font); vertical-align: 2px; }
button.cite:hover, .cite[aria-expanded="true"] { background: var(--accent); color: var(--on-accent); }
.host, .link-host { color: var(--faint); font-size: .88em; overflow-wrap: anywhere; }
.tag { display: inline-flex; align-items: center; gap: 4px; color: var(--good); font-size: 12px; white-space: nowrap; }
.tag .icon { width: 13px; height: 13px; stroke-width: 2; }

.quote { margin: 11px 0 4px; border: 1px solid var(--line); border-radius: 11px; background: var(--bg); overflow: hidden; font-size: 13.5px; }
.quote > p { margin: 0; }
.quote .from { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 12px; padding: 9px 13px; border-bottom: 1px solid var(--line); }
.quote .gone { padding: 8px 13px; background: var(--sunken); }
.context { position: relative; max-height: 230px; overflow-y: auto; overscroll-behavior: contain; padding: 11px 13px; color: var(--soft); }
.mark { margin: 8px -5px; padding: 6px 9px; border-left: 3px solid var(--accent); border-radius: 3px 7px 7px 3px; background: var(--mark); color: var(--ink); }
.mark > :first-child { margin-top: 0; }
.quote .open { display: flex; align-items: center; gap: 7px; padding: 9px 13px; border-top: 1px solid var(--line); text-decoration: none; font-weight: 550; }
.quote .open .host { margin-left: auto; }

.sources ul, .related ul { border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.sources li { padding: 9px 13px; font-size: 14px; }
.sources li + li, .related li + li { border-top: 1px solid var(--line); }
.sources .marks { margin: 0 6px 0 -2px; }
.sources .name { font-weight: 500; }
.sources .tag, .sources li > .host { margin-left: 8px; }
.related li { display: flex; }
.related .row { border: 0; border-radius: 0; padding: 9px 13px; font-size: 14px; }
.related .go { display: grid; place-items: center; width: 42px; border-left: 1px solid var(--line); color: var(--faint); }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; margin: 18px -8px 0; }
.action { display: inline-flex; align-items: center; gap: 6px; min-height: 32px; padding: 0 8px; border-radius: 8px; color: var(--soft); font-size: 13px; text-decoration: none; }
[data-rating="bad"] .icon { transform: rotate(180deg); }
.action[aria-pressed="true"] { background: var(--tint); color: var(--ink); }
.form { margin-top: 10px; padding: 14px; border: 1px solid var(--line); border-radius: 12px; display: grid; gap: 11px; }
.abstained .form { padding: 0; border: 0; }
.form legend { float: left; width: 100%; padding: 0; font-weight: 600; }
.form fieldset { display: flex; flex-wrap: wrap; gap: 7px; }
.pill { position: relative; padding: 4px 12px; border: 1px solid var(--strong); border-radius: 99px; font-size: 13px; color: var(--soft); }
.pill input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }
.pill:has(:checked) { background: var(--tint); border-color: var(--accent); color: var(--ink); }
.form :is(textarea, input:not([type])) { width: 100%; padding: 8px 11px; border: 1px solid var(--strong); border-radius: 9px; background: var(--bg); resize: vertical; }
.button { justify-self: start; width: fit-content; padding: 6px 16px; border-radius: 9px; background: var(--accent); color: var(--on-accent); font-weight: 550; font-size: 14px; }
.said:not(:empty) { margin-top: 8px; color: var(--soft); font-size: 13.5px; }
.fine { color: var(--faint); font-size: 12px; line-height: 1.5; }
.turn .fine { margin-top: 8px; }

.composer { padding: 10px 14px; border-top: 1px solid var(--line); }
.box { display: flex; align-items: flex-end; gap: 6px; padding: 6px 6px 6px 14px; border: 1px solid var(--strong); border-radius: 14px; background: var(--bg); }
.box:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px var(--tint); }
.box textarea { flex: 1; min-width: 0; padding: 5px 0; border: 0; outline: 0; background: none; resize: none; line-height: 1.6; overflow-y: auto; }
::placeholder { color: var(--faint); opacity: 1; }
.send { display: grid; place-items: center; width: 34px; height: 34px; flex: none; border-radius: 10px; background: var(--accent); color: var(--on-accent); }
.send:disabled { background: var(--sunken); color: var(--faint); cursor: default; }
.composer .fine { margin-top: 7px; text-align: center; }

@media (max-width: 640px) {
  header { gap: 3px; padding: 10px 8px 10px 16px; }
  h2 { font-size: 15px; }
  .modes { margin: 0; }
  .mode { padding: 2px 8px; }
  dialog.panel, [data-position] dialog.panel { inset: 0 0 auto 0; width: 100%; height: var(--dayi-height, 100dvh); border: 0; border-radius: 0; }
  .box textarea, .form :is(textarea, input:not([type])) { font-size: 16px; }
  .copy span { display: none; }
}
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) {
  .question, .causes .items > li, .notice, .launcher, .send, .button, .cite, .mode[aria-pressed="true"], .action[aria-pressed="true"], .pill { border: 1px solid ButtonText; }
  .cite[aria-expanded="true"], .mode[aria-pressed="true"], .action[aria-pressed="true"], .pill:has(:checked) { border-color: Highlight; outline: 1px solid Highlight; }
  .box:focus-within { outline: 2px solid Highlight; }
  .part > h4::before, .pulse { background: CanvasText; forced-color-adjust: none; }
}
@media print { .root { display: none; } }
`);

  // ---- one question and its answer

  const REASONS = ["inaccurate", "outdated", "irrelevant", "incomplete", "wrong_citation", "other"];

  class Turn {
    /** @param {DayiWidget} widget @param {string} question @param {Answer} [answer] */
    constructor(widget, question, answer) {
      this.widget = widget;
      this.question = question;
      this.answer = answer;
      this.isOver = false; // stopped or failed
      this.head = el("h3", { class: "question" }, question);
      this.status = el("p", { class: "status" });
      this.written = el("div", { class: "written item" });
      this.reply = el("div", { class: "reply" }, this.status, this.written);
      this.element = el("article", { class: "turn" }, this.head, this.reply);
      if (answer) this.finish(answer);
      else this.say("searching");
    }

    /** @param {string} key */
    say(key) {
      this.status.replaceChildren(el("span", { class: "pulse" }), this.widget.t(key));
    }

    /** A piece of the answer that is being written. @param {{keep?: number, blocks?: Block[]}} delta */
    write({ keep = 0, blocks }) {
      if (!blocks) return;
      this.say("writing");
      while (this.written.childNodes.length > keep) this.written.lastChild?.remove();
      for (const block of blocks) this.written.append(build([block], (n) => el("span", { class: "cite" }, String(n))));
    }

    stop() {
      this.isOver = true;
      this.status.textContent = this.widget.t("stopped");
    }

    /** @param {Failure} failure */
    fail({ kind }) {
      this.isOver = true;
      this.answer = undefined; // half of one, perhaps
      const retry = () => {
        this.element.remove();
        this.widget.ask(this.question);
      };
      this.status.className = "notice";
      this.status.textContent = this.widget.t(`error_${kind}`);
      if (kind !== "forbidden") this.status.append(button("text", { click: retry }, this.widget.t("retry")));
    }

    /** @param {Answer} answer */
    finish(answer) {
      this.answer = answer;
      this.head.textContent = answer.question; // as stored: secrets are hidden
      this.element.dataset.outcome = answer.outcome;
      const isOpen = answer.outcome === "abstained";
      const parts = isOpen ? [answer.choices.length ? this.choices(answer) : this.abstention(answer)] : this.parts(answer);
      const reply = el("div", { class: "reply", lang: answer.language },
        answer.masked && el("p", { class: "notice" }, icon("shield"), this.widget.t("masked")),
        answer.notice && el("p", { class: "notice" }, this.widget.t(`notice_${answer.notice}`)),
        ...parts, this.sources(answer), this.related(answer), ...this.actions(answer));
      this.reply.replaceWith(reply);
      this.reply = reply;
    }

    // -- what it says

    /** @param {Answer} answer */
    parts(answer) {
      const { summary, body } = answer.blocks;
      const names = /** @type {const} */ (["causes", "steps", "explanation"]);
      return [
        summary.length > 0 && this.item("div", "summary", summary),
        ...names.map((name) => this.part(name, answer[name], answer.blocks[name])),
        body.length > 0 && this.item("div", "", body),
      ];
    }

    /** @param {"causes" | "steps" | "explanation"} name @param {Item[]} items @param {Block[][]} blocks */
    part(name, items, blocks) {
      const entries = items.map(({ supported }, n) => {
        if (supported !== false) return this.item("li", "", blocks[n]);
        const entry = this.item("li", "unsupported", blocks[n]);
        entry.append(el("p", { class: "warning" }, this.widget.t("unsupported")));
        return entry;
      });
      return this.section(name, el(name === "steps" ? "ol" : "ul", { class: "items" }, ...entries), entries);
    }

    /** A part under its heading; none without entries. @param {string} name @param {Node} list @param {Node[]} entries */
    section(name, list, entries, heading = name) {
      return entries.length > 0 && el("section", { class: `part ${name}` }, el("h4", {}, this.widget.t(heading)), list);
    }

    /**
     * Written text, with buttons at its citations and its code.
     * @param {"div" | "li"} tag @param {string} kind @param {Block[]} blocks
     */
    item(tag, kind, blocks) {
      const entry = el(tag, { class: `written item ${kind}` }, build(blocks, (n) => this.cite(n)));
      for (const pre of entry.querySelectorAll("pre")) {
        const text = pre.textContent || "";
        const box = el("div", { class: "code" });
        pre.replaceWith(box);
        box.append(pre, this.copier("copy", () => text));
      }
      return entry;
    }

    /** @param {Answer} answer */
    sources(answer) {
      /** @type {Map<string, Citation[]>} */
      const documents = new Map();
      for (const citation of answer.citations) {
        const id = JSON.stringify([citation.product, citation.document]);
        documents.set(id, [...(documents.get(id) || []), citation]);
      }
      const entries = [...documents.values()].map((own) => el("li", { class: "item" },
        el("span", { class: "marks" }, ...own.map(({ n }) => this.cite(n))),
        this.widget.sourceLink(own[0], { class: "name" }, own[0].title),
        own[0].reviewed && this.reviewed(), el("span", { class: "host" }, hostOf(own[0].url))));
      return this.section("sources", el("ul", {}, ...entries), entries);
    }

    reviewed() {
      return el("span", { class: "tag" }, icon("check"), this.widget.t("reviewed"));
    }

    /** @param {Answer} answer */
    related({ related, outcome }) {
      const { widget } = this;
      const entries = related.map(({ title, url }) => el("li", {}, widget.askButton(title),
        hostOf(url) && link(url, { class: "go", "aria-label": `${widget.t("open_page")}: ${title}` }, icon("out"))));
      return this.section("related", el("ul", {}, ...entries), entries, outcome === "abstained" ? "nearest" : "related");
    }

    // -- citations

    /** The mark of a citation; it opens the quote under the text that it stands in. @param {number} n @returns {Node} */
    cite(n) {
      const citation = this.answer?.citations.find((entry) => entry.n === n);
      const quote = this.answer?.blocks.quotes.find((entry) => entry.n === n);
      if (!citation || !quote) return document.createTextNode(`[${n}]`);
      const label = this.widget.t("source", String(n), citation.title);
      const mark = button("cite", { "aria-label": label, "aria-expanded": "false" }, String(n));
      mark.addEventListener("click", () => this.toggleQuote(mark, label, citation, quote));
      return mark;
    }

    /** @param {HTMLElement} cite @param {string} label @param {Citation} citation @param {Quote} quote */
    toggleQuote(cite, label, citation, quote) {
      const item = /** @type {HTMLElement} */ (cite.closest(".item"));
      const wasOpen = cite.getAttribute("aria-expanded") === "true";
      item.querySelector(".quote")?.remove();
      for (const other of item.querySelectorAll(".cite")) other.setAttribute("aria-expanded", "false");
      if (wasOpen) return;
      cite.setAttribute("aria-expanded", "true");
      const mark = el("div", { class: "mark" }, plain(quote.quote));
      const context = el("div", { class: "context written", tabindex: 0 }, plain(quote.before), mark, plain(quote.after));
      const card = el("div", { class: "quote", role: "group", "aria-label": label },
        el("p", { class: "from" }, el("strong", {}, citation.title), citation.reviewed && this.reviewed()),
        !quote.is_current && el("p", { class: "gone" }, this.widget.t("gone")), context,
        hostOf(citation.url) && this.widget.sourceLink(citation, { class: "open" },
          icon("out"), this.widget.t("open_page"), el("span", { class: "host" }, hostOf(citation.url))));
      item.append(card);
      context.scrollTop = mark.offsetTop - 12;
      card.scrollIntoView({ block: "nearest" });
      this.widget.emit("onAskAISourceClick", { n: citation.n, title: citation.title, url: citation.url });
    }

    // -- what a reader can do with it

    /** @param {Answer} answer */
    actions(answer) {
      const { widget } = this;
      const said = el("p", { class: "said", role: "status" });
      const form = this.form(said, "thanks_bad", (given) => this.rate("bad", given),
        el("fieldset", {}, el("legend", {}, widget.t("what_wrong")), ...REASONS.map((reason) =>
          el("label", { class: "pill" }, el("input", { type: "checkbox", name: "reasons", value: reason }), widget.t(`reason_${reason}`)))));
      /** @param {"good" | "bad"} rating @param {string} name @param {string} thanks */
      const thumb = (rating, name, thanks) => button("action thumb", {
        "data-rating": rating, "aria-pressed": "false", "aria-label": widget.t(name), title: widget.t(name),
        click: () => this.rate(rating).then((problem) => {
          said.textContent = widget.t(problem || thanks);
          form.hidden = rating === "good" || problem !== "";
        }),
      }, icon("thumb"));
      const text = () => [answer.question, answer.markdown, answer.permalink].join("\n\n");
      return [
        el("div", { class: "actions" }, thumb("good", "helpful", "thanks"), thumb("bad", "unhelpful", "thanks_bad"),
          el("span", { class: "gap" }), this.copier("copy_answer", text),
          link(answer.permalink, { class: "action" }, icon("link"), widget.t("permalink"))),
        form, said, answer.outcome !== "abstained" &&
          el("p", { class: "fine" }, widget.t(answer.engine === "generative" ? "written" : "unreviewed")),
      ];
    }

    /**
     * A hidden form with a comment. `send` gives the name of the text that says what went wrong, or nothing.
     * @param {HTMLElement} said @param {string} thanks
     * @param {(given: Record<string, unknown>) => Promise<string>} send @param {...Child} fields
     */
    form(said, thanks, send, ...fields) {
      const label = this.widget.t("comment");
      /** @type {HTMLFormElement} */
      const form = el("form", {
        class: "form", hidden: true,
        submit: async (/** @type {Event} */ event) => {
          event.preventDefault();
          const given = new FormData(form);
          const reasons = given.has("reasons") && { reasons: given.getAll("reasons") };
          const problem = await send({ ...Object.fromEntries(given), ...reasons });
          said.textContent = this.widget.t(problem || thanks);
          form.hidden = problem !== "not_sent";
        },
      }, ...fields, el("textarea", { name: "comment", rows: 2, maxlength: 4000, placeholder: label, "aria-label": label }),
      el("button", { class: "button" }, this.widget.t("send")));
      return form;
    }

    /** @param {string} path @param {object} body @returns {Promise<string>} empty, or the name of a text */
    async post(path, body) {
      const { id, feedback_token } = /** @type {Answer} */ (this.answer);
      const sent = request(this.widget.api(path), { body: { answer: id, token: feedback_token, ...body } });
      return sent.then(() => "", () => "not_sent");
    }

    /** @param {"good" | "bad"} rating @param {object} more */
    async rate(rating, more = {}) {
      if (await this.post("feedback", { rating, ...more })) return "not_sent";
      for (const thumb of this.reply.querySelectorAll(".thumb")) {
        thumb.setAttribute("aria-pressed", String(thumb.matches(`[data-rating=${rating}]`)));
      }
      this.widget.emit("onAskAIFeedbackSubmit", { answer: this.answer?.id, rating, ...more });
      return "";
    }

    /** The desk asks back: which product or version? @param {Answer} answer */
    choices({ choices }) {
      const { widget } = this;
      return el("div", { class: "abstained" }, el("h4", {}, widget.t("which")), el("p", {}, widget.t("which_text")),
        el("ul", {}, ...choices.map((text) => el("li", {}, widget.askButton(text)))));
    }

    /** @param {Answer} answer */
    abstention(answer) {
      const { widget } = this;
      const said = el("p", { class: "said", role: "status" });
      const contact = widget.t("contact");
      const field = el("input", { name: "contact", maxlength: 200, placeholder: contact, "aria-label": contact });
      const send = (/** @type {object} */ given) => this.post("expert-requests", given);
      const form = this.form(said, "expert_sent", send, el("p", {}, widget.t("expert_text")), field);
      const open = button("button", {
        click: () => {
          form.hidden = false;
          open.hidden = true;
          field.focus();
        },
      }, widget.t("expert"));
      return el("div", { class: "abstained" }, el("h4", {}, widget.t("abstained")),
        el("p", {}, widget.t("abstained_text")), open, form, said);
    }

    /** @param {string} key @param {() => string} text */
    copier(key, text) {
      const { widget } = this;
      const label = el("span", {}, widget.t(key));
      const copy = async () => {
        const written = Promise.resolve().then(() => navigator.clipboard.writeText(text())); // there may be no clipboard
        label.textContent = widget.announce(await written.then(() => "copied", () => "not_copied"));
        setTimeout(() => (label.textContent = widget.t(key)), 1500);
      };
      return button("action copy", { "aria-label": widget.t(key), click: copy }, icon("copy"), label);
    }
  }

  // ---- the element

  const MAX_TURNS = 12; // that a tab remembers

  class DayiWidget extends HTMLElement {
    constructor() {
      super();
      this.root = el("div", { class: "root" });
      this.sheet = new CSSStyleSheet(); // this site's colour, and a phone's height; the rest is the same for all
      this.attachShadow({ mode: "open" }).append(this.root);
      if (this.shadowRoot) this.shadowRoot.adoptedStyleSheets = [STYLES, this.sheet];
      this.language = "en";
      this.life = new AbortController();
      this.lookup = new AbortController();
      this.mode = "ask";
      this.wasOpened = false;
      /** @type {Turn[]} */
      this.turns = [];
      /** @type {Record<string, string>} */
      this.context = {};
      /** @type {Site | null} from the server, at the first use */
      this.site = null;
      /** @type {AbortController | null} of the question that is being answered */
      this.asking = null;
      /** @type {Promise<boolean> | null} of the site's settings */
      this.loading = null;
      /** @type {HTMLElement | null} where the focus was before the panel opened */
      this.opener = null;
    }

    connectedCallback() {
      this.life = new AbortController();
      this.language = this.pickLanguage();
      const { signal } = this.life;
      addEventListener("pagehide", () => this.stop(), { signal });
      if (this.isInline) return void quietly(() => this.open());
      document.addEventListener("keydown", (event) => this.onPageKey(event), { signal });
      document.addEventListener("click", (event) => this.onPageClick(event), { signal });
      this.drawButton();
    }

    disconnectedCallback() {
      this.life.abort();
      this.stop();
      this.close();
      this.wasOpened = false;
    }

    // -- settings: the page's own over the site's

    /** @param {string} name */
    option(name) {
      return this.dataset[name] || "";
    }

    get isInline() {
      return this.dataset.inline !== undefined;
    }

    /** A text in the reader's language, its `{}` filled in order. @param {string} key @param {...string} values */
    t(key, ...values) {
      const own = TEXTS[this.language];
      /** @type {Record<string, string>} */
      const all = { error: own.error_unreachable, ...own, ...this.site?.texts[this.language] };
      const text = all[key] || all.error;
      return values.reduce((filled, value) => filled.replace("{}", () => value), text);
    }

    pickLanguage() {
      const wanted = [this.option("language"), this.site?.language].find((name) => name === "zh" || name === "en");
      return wanted || (/^zh\b/i.test(document.documentElement.lang || navigator.language) ? "zh" : "en");
    }

    /** Product and version, as the page's script says, or its attributes, its address, or the site's settings. */
    scope() {
      const found = fromAddress(this.site?.url_pattern || "", location.pathname);
      if (!this.site?.products.includes(found.product)) delete found.product;
      const given = { product: this.option("product"), version: this.option("version") };
      const { product = "", version = "" } = { ...found, ...filled(given), ...filled(this.context) };
      return { product, version, site: this.option("siteId") };
    }

    /** @param {string} path */
    api(path) {
      const base = this.option("apiBase").replace(/[^/]$/, "$&/") || script?.src || location.href;
      return new URL(`api/v1/${path}`, new URL("./", base)).href;
    }

    /** Tell the page's scripts. @param {string} name @param {object} detail */
    emit(name, detail = {}) {
      const type = `dayi:${name[2].toLowerCase()}${name.slice(3)}`;
      this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
      for (const handler of HANDLERS.get(name) || []) quietly(() => handler(detail));
    }

    /** Tell those who do not see the screen, once. @param {string} key @param {...string} values */
    announce(key, ...values) {
      const text = this.t(key, ...values);
      if (this.live) this.live.textContent = text;
      return text;
    }

    /** @param {Citation} citation @param {Record<string, any>} props @param {...Child} children */
    sourceLink({ n, title, url }, props, ...children) {
      return link(url, { ...props, click: () => this.emit("onAskAISourceClick", { n, title, url }) }, ...children);
    }

    // -- open and close

    /** @param {{mode?: string, query?: string, submit?: boolean}} options */
    async open({ mode, query, submit } = {}) {
      // A link must not be able to ask in a reader's name: only what a person just did may send at once.
      const maySend = submit && navigator.userActivation?.isActive !== false;
      if (!this.wasOpened) this.firstUse();
      if (mode) this.mode = mode === "search" ? "search" : "ask";
      if (!this.panel) this.panel = this.drawFrame();
      if (this.dialog && !this.dialog.open) {
        this.opener = deepFocus();
        this.root.classList.add("open");
        this.dialog.showModal();
        this.emit("onModalOpen", { mode: this.mode });
      }
      if (!this.loading) this.loading = this.load();
      if (!(await this.loading)) return void (this.loading = null);
      if (!this.input || (this.pickLanguage() !== this.language && !this.asking)) this.draw();
      this.paint();
      if (query !== undefined) this.type(query);
      this.show();
      this.scrollToLast();
      if (this.dialog?.open) this.input?.focus();
      if (query && maySend) this.ask(query);
    }

    close() {
      this.dialog?.close();
    }

    toggle() {
      if (this.dialog?.open) this.close();
      else this.open();
    }

    onClosed() {
      this.root.classList.remove("open");
      (this.opener?.isConnected ? this.opener : this.launcher)?.focus();
      this.emit("onModalClose");
    }

    /** What costs something waits for the first reader who opens the panel. */
    firstUse() {
      this.wasOpened = true;
      const { signal } = this.life;
      const paint = () => this.paint();
      const observer = new MutationObserver(() => {
        paint();
        setTimeout(paint, 400); // the page's own transition is over by then
      });
      for (const node of [document.documentElement, document.body]) observer.observe(node, { attributes: true });
      signal.addEventListener("abort", () => observer.disconnect());
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint, { signal });
      window.visualViewport?.addEventListener("resize", paint, { signal });
    }

    /** The site's settings and this tab's conversation, once. @returns {Promise<boolean>} whether they are there */
    async load() {
      const wait = el("p", { class: "waiting status", role: "status" }, el("span", { class: "pulse" }));
      this.panel?.replaceChildren(this.drawHeader(), wait);
      try {
        const url = this.api(`sites/${encodeURIComponent(this.option("siteId"))}`);
        const stopper = new AbortController();
        setTimeout(() => stopper.abort(), 15000);
        this.site = await (await request(url, { retry: true, signal: stopper.signal })).json();
      } catch (error) {
        wait.textContent = this.t(`error_${error instanceof Failure ? error.kind : "unreachable"}`);
        console.warn(`Dayi: no settings for ${location.origin}; is it an origin of the site ${this.option("siteId")}?`);
        wait.className = "waiting notice";
        return false;
      }
      const remembered = () => JSON.parse(sessionStorage.getItem(this.memory) || "[]");
      const turn = (/** @type {Answer} */ answer) => new Turn(this, answer.question, answer);
      this.turns = quietly(() => remembered().map(turn), true) || [];
      return true;
    }

    // -- this tab's memory, from the first answer on

    get memory() {
      return `dayi:${this.option("siteId")}`;
    }

    remember() {
      const answers = this.turns.map((turn) => turn.answer).filter(Boolean).slice(-MAX_TURNS);
      quietly(() => sessionStorage.setItem(this.memory, JSON.stringify(answers)), true);
    }

    // -- looks that follow the page

    isDark() {
      const scheme = this.option("colorScheme");
      if (scheme === "light" || scheme === "dark") return scheme === "dark";
      const selector = this.option("colorSchemeSelector");
      if (selector) return quietly(() => document.querySelector(selector)) != null;
      // No word from the site: a page whose ground is dark is dark.
      for (const node of [document.body, document.documentElement]) {
        const light = luminance(getComputedStyle(node).backgroundColor);
        if (light !== undefined) return light < 0.2;
      }
      const schemes = getComputedStyle(document.documentElement).colorScheme;
      return schemes === "dark" || (schemes.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches);
    }

    paint() {
      this.root.classList.toggle("dark", this.isDark());
      const colour = this.option("projectColor") || this.site?.colour || "";
      // A phone's keyboard covers the page without making it smaller.
      let own = `--dayi-height: ${Math.round(window.visualViewport?.height || 0)}px;`;
      if (CSS.supports("color", colour)) {
        this.sheet.replaceSync(`i { color: ${colour} }`);
        const probe = this.root.appendChild(el("i"));
        const light = luminance(getComputedStyle(probe).color) || 0;
        probe.remove();
        own += `--dayi-color: ${colour}; --dayi-on-color: ${light > 0.183 ? "#000" : "#fff"};`; // white down to 4.5 : 1
      }
      this.sheet.replaceSync(`:host { ${own} }`);
    }

    // -- drawing

    drawButton() {
      this.root.dataset.position = this.option("position") || "bottom-right";
      this.launcher?.remove();
      if (this.option("buttonHide") === "true") return;
      const props = { "aria-haspopup": "dialog", click: () => this.open() };
      this.launcher = button("launcher", props, icon("chat"), this.t("launch"));
      this.root.prepend(this.launcher);
      if (this.option("projectColor")) this.paint();
    }

    /** What holds the panel: a modal dialog in the browser's top layer, or a part of the page. */
    drawFrame() {
      if (this.isInline) return this.root.appendChild(el("section", { class: "panel" }));
      this.dialog = el("dialog", {
        class: "panel", close: () => this.onClosed(),
        // On the backdrop; a click would also be the end of a selection that began in the panel.
        pointerdown: (/** @type {Event} */ event) => event.target === this.dialog && this.close(),
      });
      return this.root.appendChild(this.dialog);
    }

    /** The panel, anew: in another language, say. What was typed and answered stays. */
    draw() {
      const typed = this.input?.value || "";
      this.language = this.pickLanguage();
      if (this.launcher) this.drawButton();
      this.live = el("p", { class: "sr", role: "status" });
      this.home = this.drawHome();
      this.results = el("section", { class: "results", "aria-label": this.t("pages") });
      this.turns = this.turns.map((turn) => (turn.isOver ? turn : new Turn(this, turn.question, turn.answer)));
      this.thread = el("div", { class: "thread" }, ...this.turns.map((turn) => turn.element));
      const keydown = this.onArrow.bind(this);
      this.scroller = el("div", { class: "scroller", keydown }, this.home, this.results, this.thread);
      this.panel?.replaceChildren(this.drawHeader(), this.scroller, this.drawComposer(), this.live);
      this.type(typed);
    }

    heading() {
      const name = this.option("projectName") || this.site?.title || "";
      if (this.option("modalTitle")) return this.option("modalTitle");
      if (!this.site) return name || this.t("launch");
      return this.t(name ? "title_of" : "title", name);
    }

    drawHeader() {
      const title = this.heading();
      const logo = this.option("projectLogo");
      /** @type {HTMLElement} */
      const seal = logo
        ? el("img", { class: "seal", alt: "", src: logo, error: () => seal.remove() })
        : el("span", { class: "seal", "aria-hidden": "true" }, "答");
      /** @param {string} mode */
      const tab = (mode) => button("mode", { "data-mode": mode, click: () => this.switchTo(mode) }, this.t(mode));
      /** @param {string} name @param {string} key @param {() => void} click */
      const tool = (name, key, click) =>
        button(`tool ${name}`, { "aria-label": this.t(key), title: this.t(key), click }, icon(name));
      this.panel?.setAttribute("aria-label", title);
      this.panel?.setAttribute("lang", this.language);
      return el("header", {}, seal, el("h2", {}, title),
        this.site && el("div", { class: "modes", role: "group", "aria-label": this.t("modes") }, tab("ask"), tab("search")),
        this.site && tool("fresh", "new", () => this.startAnew()),
        !this.isInline && tool("close", "close", () => this.close()));
    }

    drawHome() {
      const own = listOf(this.option("modalExampleQuestions"));
      const examples = own.length ? own : this.site?.examples[this.language] || [];
      return el("div", { class: "home" }, el("h3", {}, this.t("welcome")), el("p", {}, this.t("welcome_text")),
        examples.length > 0 && el("p", { class: "label" }, this.t("try")),
        el("ul", {}, ...examples.map((text) => el("li", {}, this.askButton(text)))));
    }

    /** @param {string} text */
    askButton(text) {
      return button("row", { click: () => this.ask(text) }, el("span", {}, text), icon("arrow"));
    }

    drawComposer() {
      const submit = (/** @type {Event} */ event) => {
        event.preventDefault();
        if (this.asking) this.stop();
        else this.enter();
      };
      const keydown = this.onKey.bind(this);
      this.input = el("textarea", { rows: 1, maxlength: 20000, input: () => this.onInput(), keydown });
      this.submit = el("button", { class: "send" });
      return el("form", { class: "composer", submit }, el("div", { class: "box" }, this.input, this.submit),
        el("p", { class: "fine" }, this.option("modalDisclaimer") || this.t("disclaimer")));
    }

    /** Show what belongs to the mode, the conversation and what is typed. */
    show() {
      const { input, submit, home, results, thread } = this;
      if (!input || !submit || !home || !results || !thread) return;
      const isAsking = this.mode === "ask";
      const typed = input.value.trim();
      thread.hidden = !isAsking || !this.turns.length;
      if (!typed) results.replaceChildren(el("p", { class: "label" }, this.t("search_empty")));
      results.hidden = isAsking && (this.turns.length > 0 || !results.querySelector(".row"));
      home.hidden = !thread.hidden || !results.hidden;
      this.root.classList.toggle("empty", !this.turns.length);
      for (const tab of this.root.querySelectorAll(".mode")) {
        tab.setAttribute("aria-pressed", String(tab.matches(`[data-mode=${this.mode}]`)));
      }
      input.placeholder = this.t(!isAsking ? "search_placeholder" : this.turns.length ? "placeholder_more" : "placeholder");
      input.setAttribute("aria-label", input.placeholder);
      submit.replaceChildren(icon(this.asking ? "stop" : "send"));
      submit.setAttribute("aria-label", this.t(this.asking ? "stop" : this.mode));
      submit.disabled = !this.asking && !typed;
    }

    scrollToLast() {
      const last = this.turns[this.turns.length - 1];
      if (last && this.scroller) this.scroller.scrollTop = last.element.offsetTop;
    }

    // -- keys and typing

    /** @param {string} text */
    type(text) {
      if (this.input) this.input.value = text.slice(0, 20000);
      this.onInput();
    }

    onInput() {
      const { input } = this;
      if (!input) return;
      this.show();
      input.rows = 1;
      while (input.rows < 6 && input.scrollHeight > input.clientHeight + 2) input.rows += 1;
      this.search(input.value.trim());
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
      // An Enter that chooses an input method's word sends nothing; Safari tells by the code alone.
      const isComposing = event.isComposing || event.keyCode === 229;
      if (event.key === "Enter" && !event.shiftKey && !isComposing) {
        event.preventDefault();
        if (!this.asking) this.enter();
      } else if (event.key === "ArrowDown" && this.input?.selectionEnd === this.input?.value.length) {
        this.onArrow(event);
      }
    }

    /** Up and down move through what was found. @param {KeyboardEvent} event */
    onArrow(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !this.input || !this.results || this.results.hidden) return;
      const stops = [this.input, .../** @type {NodeListOf<HTMLElement>} */ (this.results.querySelectorAll(".row"))];
      const at = stops.findIndex((stop) => stop === this.shadowRoot?.activeElement);
      stops[Math.min(at + step, stops.length - 1)]?.focus();
      event.preventDefault();
    }

    enter() {
      if (this.mode === "ask") this.ask(this.input?.value || "");
      else /** @type {HTMLElement | null} */ (this.root.querySelector(".results li .row"))?.focus();
    }

    /** @param {string} mode */
    switchTo(mode) {
      this.mode = mode;
      this.onInput();
      this.input?.focus();
      this.emit("onModeSwitch", { mode });
    }

    /** @param {KeyboardEvent} event */
    onPageKey(event) {
      const isK = event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey;
      if (!isK || this.option("modalOpenOnCommandK") !== "true" || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle();
    }

    /** @param {MouseEvent} event */
    onPageClick(event) {
      const { target } = event;
      const selector = this.option("modalOverrideOpenSelector");
      if (!selector || !(target instanceof Element) || !quietly(() => target.closest(selector))) return;
      event.preventDefault();
      this.open();
    }

    // -- searching while typing

    /** @param {string} query */
    async search(query) {
      this.lookup.abort();
      if ((this.mode === "ask" && this.turns.length) || query.length < 2 || triesLeft() < TRIES) return;
      const { signal } = (this.lookup = new AbortController());
      await pause(200, signal);
      if (signal.aborted) return;
      const { product, site } = this.scope();
      try {
        const body = { query: query.slice(0, 500), product, site, k: 6 };
        const { hits } = await (await request(this.api("search"), { body, signal })).json();
        // What has the focus does not vanish.
        if (!signal.aborted && !this.results?.querySelector(":focus")) this.drawResults(query, hits);
      } catch {
        // the reader can still ask
      }
    }

    /** @param {string} query @param {Hit[]} hits */
    drawResults(query, hits) {
      const entries = hits.map(({ title, url, excerpt }) => {
        const inner = [el("span", {}, el("strong", {}, title), el("small", {}, excerpt)), icon("arrow")];
        const clicked = () => this.emit("onSearchResultClick", { title, url });
        return el("li", {}, hostOf(url)
          ? link(url, { class: "row", click: clicked }, ...inner)
          : button("row", { click: () => this.ask(title) }, ...inner));
      });
      this.results?.replaceChildren(
        button("row ask", { click: () => this.ask(query) }, icon("chat"), el("span", {}, this.t("ask_this", query))),
        el("p", { class: "label" }, this.t(hits.length ? "pages" : "none_found")), el("ul", {}, ...entries));
      this.show();
      this.announce(hits.length ? "found" : "none_found", String(hits.length));
    }

    // -- asking

    /** @param {string} text */
    async ask(text) {
      const question = text.trim();
      if (!question || this.asking) return;
      const body = {
        question, ...this.scope(), conversation: this.lastAnswer?.conversation || "",
        page_url: (location.origin + location.pathname).slice(0, 2000), blocks: true,
      };
      const turn = new Turn(this, question);
      const asking = (this.asking = new AbortController());
      this.turns = [...this.turns.filter(({ element }) => element.isConnected), turn];
      this.thread?.append(turn.element);
      this.mode = "ask";
      this.type("");
      this.scrollToLast();
      this.announce("searching");
      this.emit("onAskAIQuerySubmit", { question });
      try {
        await ask(this.api("ask"), body, asking, (name, data) => this.onEvent(turn, name, data));
      } catch (error) {
        if (!turn.isOver) this.onFailure(turn, /** @type {Failure} */ (error));
      }
      if (this.asking === asking) this.asking = null;
      this.show();
    }

    get lastAnswer() {
      return this.turns.map((turn) => turn.answer).filter(Boolean).pop();
    }

    /** @param {Turn} turn @param {string} name @param {any} data */
    onEvent(turn, name, data) {
      if (name === "delta") turn.write(data);
      if (name !== "done") return;
      failures = [];
      turn.finish(data);
      this.remember();
      const { id, question, permalink, outcome } = data;
      this.announce(outcome === "abstained" ? "abstained" : "ready");
      this.emit("onAskAIAnswerCompleted", { id, question, permalink, outcome });
    }

    /** @param {Turn} turn @param {Failure} failure */
    onFailure(turn, failure) {
      turn.fail(failure);
      this.announce(`error_${failure.kind}`);
      // A conversation that is gone: the next question begins a new one.
      if (failure.kind === "not_found" && this.lastAnswer) this.lastAnswer.conversation = "";
    }

    stop() {
      if (!this.asking) return;
      this.turns[this.turns.length - 1]?.stop();
      this.asking.abort();
      this.asking = null;
      this.announce("stopped");
      this.show();
    }

    startAnew() {
      this.stop();
      this.turns = [];
      this.remember();
      this.thread?.replaceChildren();
      this.switchTo("ask");
    }
  }

  // ---- small things

  /** What is not empty. @param {Record<string, string>} values */
  const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value));

  /**
   * The result of an action; nothing, and a note for the site's owner, where it fails, now or later.
   * @template T
   * @param {() => T} action
   * @param {boolean} [isNormal] whether failing is nothing to note: storage may be full or forbidden
   * @returns {T | undefined}
   */
  function quietly(action, isNormal = false) {
    const note = (/** @type {unknown} */ error) => void (isNormal || console.warn("Dayi:", error));
    try {
      const result = action();
      if (result instanceof Promise) result.catch(note);
      return result;
    } catch (error) {
      return note(error);
    }
  }

  /** The element that has the focus, in shadow trees too. @returns {HTMLElement | null} */
  function deepFocus() {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return active instanceof HTMLElement ? active : null;
  }

  /**
   * What an address says by a pattern such as `/docs/{version}/`.
   * @param {string} pattern @param {string} path @returns {Record<string, string>}
   */
  function fromAddress(pattern, path) {
    const source = pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    return { ...(pattern && quietly(() => new RegExp(source).exec(path)?.groups)) };
  }

  /** A list as an attribute holds it: JSON, or separated by commas. @param {string} text @returns {string[]} */
  function listOf(text) {
    const values = text.trim()[0] === "[" ? quietly(() => JSON.parse(text)) || [] : text.split(/[,，]/);
    return values.map(String).map((/** @type {string} */ value) => value.trim()).filter(Boolean);
  }

  // ---- `Dayi(…)`: what the page's own scripts can do

  /** @type {Map<string, Set<(detail: object) => void>>} */
  const HANDLERS = new Map();
  /** @type {DayiWidget | null} */
  let launched = null;

  const current = () => launched || /** @type {DayiWidget | null} */ (document.querySelector("dayi-widget")) || launch();

  /** @type {Record<string, (...args: any[]) => unknown>} */
  const COMMANDS = {
    render: () => current(),
    open: (options) => current().open(options),
    close: () => current().close(),
    toggle: () => current().toggle(),
    setContext: (context) => Object.assign(current().context, context),
    unmount() {
      (launched || document.querySelector("dayi-widget"))?.remove();
      launched = null;
    },
  };

  /** @param {string} name @param {...any} args */
  function Dayi(name, ...args) {
    if (name in COMMANDS) quietly(() => COMMANDS[name](...args));
    else if (/^on[A-Z]/.test(name)) listen(name, args[0], args[1]);
    else console.warn(`Dayi: there is no command ${name}`);
  }

  /** @param {string} name @param {(detail: object) => void} handler @param {"add" | "remove"} [action] */
  function listen(name, handler, action = "add") {
    const handlers = HANDLERS.get(name) || new Set();
    HANDLERS.set(name, handlers);
    if (action === "remove") handlers.delete(handler);
    else handlers.add(handler);
  }

  /** Put the widget into the page, with the attributes of the script tag. */
  function launch() {
    launched = /** @type {DayiWidget} */ (document.createElement("dayi-widget"));
    Object.assign(launched.dataset, script?.dataset);
    document.body.append(launched);
    return launched;
  }

  function start() {
    const page = /** @type {any} */ (window);
    const queue = page.Dayi?.q || [];
    for (const name of Object.keys(COMMANDS)) {
      Object.assign(Dayi, { [name]: (/** @type {any[]} */ ...args) => Dayi(name, ...args) });
    }
    page.Dayi = Dayi;
    if (script?.dataset.siteId && script.dataset.renderOnLoad !== "false") launch();
    for (const args of queue) Dayi(.../** @type {[string]} */ ([...args]));
    // A page that swaps its body when it navigates keeps its widget.
    new MutationObserver(() => {
      if (launched && !launched.isConnected) document.body?.append(launched);
    }).observe(document.documentElement, { childList: true });
  }

  customElements.define("dayi-widget", DayiWidget);
  if (document.body) quietly(start);
  else document.addEventListener("DOMContentLoaded", () => quietly(start));
})();
