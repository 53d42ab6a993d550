// Dayi's widget for documentation sites: a button, and behind it a panel that answers with causes, steps and sources.
//
// It runs in pages of strangers, so it takes nothing for granted and leaves nothing behind: one file, no dependency, no
// cookie, nothing stored before the first question, no host but its own server. It works where a page's policy allows
// this script and this server only: styles are constructed sheets, and answers come as trees of elements (ui/blocks.py)
// that are built one by one, so no string ever becomes HTML. Whatever fails, fails here: the page does not notice.
//
// ES2020, checked by `tsc --checkJs --strict`. Attributes, functions and events: docs/widget.md.
"use strict";
(() => {
  if (customElements.get("dayi-widget")) return; // the page loads the script twice

  /**
   * @typedef {string | [string, Record<string, string>, any[]]} Block text, or an element: tag, attributes, children
   * @typedef {{text: string, citations: number[], supported?: boolean}} Item
   * @typedef {{n: number, document: string, product: string, title: string, url: string, reviewed: boolean}} Citation
   * @typedef {{n: number, before: Block[], quote: Block[], after: Block[], is_current: boolean}} Quote
   * @typedef {{document: string, title: string, url: string}} Related
   * @typedef {{summary: Block[], causes: Block[][], steps: Block[][], explanation: Block[][], body: Block[],
   *   quotes: Quote[]}} Blocks
   * @typedef {{id: string, permalink: string, question: string, language: string, outcome: string, summary: string,
   *   causes: Item[], steps: Item[], explanation: Item[], citations: Citation[], related: Related[], markdown: string,
   *   conversation: string, feedback_token: string, masked: boolean, blocks: Blocks}} Answer
   * @typedef {{title: string, product: string, language: string, colour: string, url_pattern: string,
   *   examples: Record<string, string[]>, products: string[]}} Site
   * @typedef {{document: string, title: string, url: string, reviewed: boolean, excerpt: string}} Hit
   * @typedef {"ask" | "search"} Mode
   * @typedef {Node | string | null | false | undefined} Child
   */

  const script = /** @type {HTMLScriptElement | null} */ (
    document.currentScript || document.querySelector('script[src*="/widget.js"]') // a module has no current script
  );

  // ---- what a site can set: the attributes `data-…` of the script tag or the element

  const OPTIONS = [
    "siteId", "apiBase", "product", "version", "language", "colorScheme", "colorSchemeSelector", "position", "projectName",
    "projectColor", "projectLogo", "modalTitle", "modalDisclaimer", "modalExampleQuestions", "modalOpenOnCommandK",
    "modalOverrideOpenSelector", "renderOnLoad", "buttonHide", "inline",
  ];

  // ---- texts

  /** @type {Record<string, [zh: string, en: string]>} */
  const TEXTS = {
    launch: ["答疑", "Ask"],
    title: ["答疑", "Ask the experts"],
    title_of: ["{} 答疑", "Ask about {}"],
    close: ["关闭", "Close"],
    fresh: ["新对话", "New conversation"],
    mode_ask: ["提问", "Ask"],
    mode_search: ["搜索", "Search"],
    mode: ["提问或搜索", "Ask or search"],
    welcome: ["哪里卡住了？", "What are you stuck on?"],
    welcome_text: [
      "描述现象，或直接粘贴报错日志。每个原因和步骤都标注出处，点开即可核对原文。",
      "Describe what you see, or paste the error. Every cause and step names its source for you to check.",
    ],
    examples: ["试着问问", "Try asking"],
    ask_hint: ["描述问题，或粘贴报错日志…", "Describe the problem or paste the error…"],
    more_hint: ["继续追问…", "Ask a follow-up…"],
    search_hint: ["搜索文档…", "Search the documents…"],
    search_empty: ["输入关键词，边输边找。", "Type to find documents."],
    send: ["发送", "Send"],
    stop: ["停止", "Stop"],
    disclaimer: [
      "答案整理自专家文档。请勿输入密码、密钥等敏感信息。",
      "Answers quote expert documents. Leave out passwords and keys.",
    ],
    pages: ["相关文档", "Matching documents"],
    found: ["找到 {} 篇", "{} found"],
    none_found: ["没有找到匹配的文档。", "No document matches."],
    ask_this: ["提问：“{}”", "Ask: “{}”"],
    searching: ["正在查找相关的专家解答…", "Looking through the experts' answers…"],
    writing: ["正在整理答案…", "Writing the answer…"],
    stopped: ["已停止。", "Stopped."],
    ready: ["答案已就绪。", "The answer is ready."],
    causes: ["可能原因", "Likely causes"],
    steps: ["解决步骤", "What to do"],
    explanation: ["说明", "Background"],
    sources: ["出处", "Sources"],
    source: ["出处 {}：{}", "Source {}: {}"],
    reviewed: ["专家已复核", "Expert-reviewed"],
    open_page: ["打开原文", "Open the page"],
    gone: [
      "该文档已更新或移除，以下是回答时引用的原文。",
      "This document has changed since; this is what was quoted.",
    ],
    unsupported: ["未在出处中找到依据，请谨慎采用。", "Not found in the sources. Treat with care."],
    related: ["相关问题", "Related questions"],
    nearest: ["最接近的条目", "Nearest entries"],
    abstained: ["知识库里没有可靠的答案", "No reliable answer in the knowledge base"],
    abstained_text: [
      "与其猜测，不如直说。补充产品版本和完整报错后再问一次，通常会有帮助。",
      "Better to say so than to guess. Adding the product version and the full error message often helps.",
    ],
    degraded: [
      "部分功能暂时不可用，这个回答可能不完整。",
      "Part of the service is down; this answer may be incomplete.",
    ],
    masked: [
      "问题里疑似含有密钥或个人信息，已隐藏后再处理。",
      "Your question seemed to hold a secret or personal data; we hid that part before using it.",
    ],
    unreviewed: ["自动整理自专家文档，尚未经人工复核", "Composed from expert documents, not yet reviewed by a person"],
    copy: ["复制", "Copy"],
    copy_answer: ["复制答案", "Copy answer"],
    copied: ["已复制", "Copied"],
    not_copied: ["无法复制", "Not copied"],
    permalink: ["链接", "Link"],
    good: ["有帮助", "Helpful"],
    bad: ["没帮助", "Not helpful"],
    what_wrong: ["哪里不对？", "What was wrong?"],
    inaccurate: ["不准确", "Inaccurate"],
    outdated: ["已过时", "Out of date"],
    irrelevant: ["答非所问", "Off the point"],
    incomplete: ["不完整", "Incomplete"],
    wrong_citation: ["出处不对", "Wrong source"],
    other: ["其他", "Other"],
    comment: ["补充说明（可选）", "Tell us more (optional)"],
    submit: ["提交", "Send"],
    thanks_good: ["感谢反馈！", "Thank you!"],
    thanks_bad: ["感谢反馈，专家会查看这个回答。", "Thank you. An expert will look at this answer."],
    not_sent: ["没有发送成功，请稍后再试。", "That could not be sent. Please try again."],
    expert: ["请专家解答", "Ask an expert"],
    expert_text: [
      "专家会看到你的问题；解答会出现在这个回答的链接里。",
      "An expert will see your question; the reply will appear under this answer's link.",
    ],
    contact: ["联系方式，如邮箱（可选）", "How to reach you, such as e-mail (optional)"],
    expert_sent: ["已转给专家。", "Your question is with the experts."],
    expert_missing: ["这里暂不支持请专家解答。", "Asking an expert is not available here."],
    retry: ["再试一次", "Try again"],
    fail_offline: ["当前没有网络连接。", "You are offline."],
    fail_unreachable: ["暂时连不上答疑服务，请稍后再试。", "The answer service cannot be reached right now."],
    fail_interrupted: ["连接中断，答案不完整。", "The connection broke before the answer was complete."],
    fail_busy: ["当前提问较多，请稍候再试。", "Many people are asking right now. Please try again in a moment."],
    fail_limit: ["提问太频繁，请 {} 秒后再试。", "Too many questions. Please try again in {} seconds."],
    fail_forbidden: ["这个站点还没有开通答疑。", "Asking is not enabled for this site."],
    fail_question: ["无法读取这个问题，请缩短或改写后再试。", "This question cannot be read. Please shorten it."],
    fail_unknown_product: ["知识库里没有这个产品。", "The knowledge base does not know this product."],
    fail_not_found: ["这个对话已失效，请重新提问。", "This conversation has ended. Please ask again."],
    fail_error: ["这次没能回答，请稍后再试。", "That did not work. Please try again."],
  };

  const REASONS = ["inaccurate", "outdated", "irrelevant", "incomplete", "wrong_citation", "other"];

  // ---- elements

  /**
   * An element. Functions among `props` are listeners, `true` is an empty attribute, false and nothing are none.
   * @template {keyof HTMLElementTagNameMap} K
   * @param {K} tag
   * @param {Record<string, any>} [props]
   * @param {...Child} children
   * @returns {HTMLElementTagNameMap[K]}
   */
  function el(tag, props = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : String(value));
    }
    for (const child of children) if (child) element.append(child);
    return element;
  }

  /** @type {Record<string, string>} */
  const ICONS = {
    chat: "M4 5.500A2 2 0 0 1 6 3.500h8a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H9.500L6 16.500v-3a2 2 0 0 1-2-2zM7.500 7.300h5M7.500 10h3",
    close: "M5 5l10 10M15 5L5 15",
    fresh: "M10 4v12M4 10h12",
    send: "M10 16V4.500M5 9l5-5 5 5",
    stop: "M6.500 6.500h7v7h-7z",
    copy: "M7 9a2 2 0 0 1 2-2h5.500a2 2 0 0 1 2 2v5.500a2 2 0 0 1-2 2H9a2 2 0 0 1-2-2zM13 7V5.500a2 2 0 0 0-2-2H5.500a2 2 0 0 0-2 2V11a2 2 0 0 0 2 2H7",
    link: "M8.500 11.500a3 3 0 0 0 4.300 0l2.600-2.600a3 3 0 0 0-4.300-4.300l-1 1M11.500 8.500a3 3 0 0 0-4.300 0l-2.600 2.600a3 3 0 0 0 4.300 4.300l1-1",
    good: "M6 9v7.500M6 9l3.200-6c1.300 0 2.100.9 1.900 2.200L10.600 8h4.300c1.200 0 2 1 1.800 2.100l-.9 5c-.2.9-.9 1.400-1.800 1.400H6M6 9H3.500v7.500H6",
    bad: "M14 11V3.500M14 11l-3.200 6c-1.300 0-2.100-.9-1.900-2.200l.5-2.800H5.100c-1.200 0-2-1-1.800-2.100l.9-5c.2-.9.9-1.400 1.800-1.400H14M14 11h2.500V3.500H14",
    out: "M8 4.500H5.500a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h8a2 2 0 0 0 2-2V12M11.500 3.500h5v5M16 4l-7 7",
    check: "M4 10.500l4 4 8-9",
    shield: "M10 2.800l6 2.200v4.600c0 3.600-2.400 6.200-6 7.600-3.600-1.400-6-4-6-7.600V5zM7.400 10l2 2 3.400-3.800",
    arrow: "M4 10h12M11 5l5 5-5 5",
    page: "M5.500 3.500h6l3.500 3.500v9.500h-9.500zM11.500 3.500V7H15",
  };

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

  const TAGS = new Set(
    "p br hr strong em s code pre span blockquote ul ol li a table thead tbody tr th td".split(" "),
  );

  /**
   * The nodes of an answer's blocks. The server has cleaned them; here is the second lock: known elements only, and of
   * attributes only classes, list numbers and safe addresses. `cite` makes the mark of a citation.
   * @param {Block[]} blocks
   * @param {(n: number) => Node} cite
   * @returns {DocumentFragment}
   */
  function build(blocks, cite) {
    const fragment = document.createDocumentFragment();
    for (const block of blocks) fragment.append(typeof block === "string" ? block : buildElement(block, cite));
    return fragment;
  }

  /**
   * @param {[string, Record<string, string>, any[]]} block
   * @param {(n: number) => Node} cite
   * @returns {Node}
   */
  function buildElement([tag, attributes, children], cite) {
    if (attributes.class === "cite") return cite(Number((attributes.href || "").replace(/.*-/, "")));
    const inner = build(children, cite);
    if (tag === "a") return link(attributes.href, {}, inner);
    if (/^h[1-6]$/.test(tag)) return el("h5", {}, inner); // below our own headings, whatever the author chose
    const props = { class: attributes.class, start: tag === "ol" && attributes.start };
    const element = el(/** @type {"p"} */ (TAGS.has(tag) ? tag : "span"), props, inner);
    if (tag === "table") return el("div", { class: "wide", tabindex: 0 }, element);
    return element;
  }

  /**
   * A link out of the panel; plain text where the address is not one that a reader may be sent to.
   * @param {string} href
   * @param {Record<string, any>} props
   * @param {...Child} children
   */
  function link(href, props, ...children) {
    const safe = /^(https?:\/\/|mailto:)/i.test(href || "");
    const where = { href, target: "_blank", rel: "noopener noreferrer nofollow ugc" };
    return safe ? el("a", { ...where, ...props }, ...children) : el("span", props, ...children);
  }

  /** @param {string} url */
  function hostOf(url) {
    try {
      return new URL(url).host;
    } catch {
      return "";
    }
  }

  /** How bright a CSS colour as computed by the browser is, 0 to 1; nothing for a transparent one.
   * @param {string} colour
   * @returns {number | undefined} */
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
  const MINUTE = 60000;
  const SILENCE = 45000; // the server says something every 15 s while it works
  /** @type {number[]} */
  let failures = [];

  /** Tries that are left in this minute. */
  function triesLeft() {
    failures = failures.filter((time) => time > Date.now() - MINUTE);
    return TRIES - failures.length;
  }

  /** What went wrong, as the end of a text's name; `wait` in seconds where the server named a time. */
  class Failure extends Error {
    /** @param {string} kind
     * @param {number} [wait] */
    constructor(kind, wait) {
      super(kind);
      this.kind = kind;
      this.wait = wait;
    }
  }

  /** @param {number} ms
   * @param {AbortSignal} [signal] */
  const pause = (ms, signal) =>
    new Promise((resolve) => {
      setTimeout(resolve, ms);
      if (signal) signal.addEventListener("abort", resolve, { once: true });
    });

  /**
   * One request; a server that cannot be reached is tried again after a moment, three times a minute at most.
   * @param {string} url
   * @param {{body?: object, accept?: string, signal?: AbortSignal, retry?: boolean}} options
   * @returns {Promise<Response>}
   * @throws {Failure}
   */
  async function request(url, { body, accept, signal, retry }) {
    for (let delay = 1000; ; delay *= 4) {
      if (navigator.onLine === false) throw new Failure("offline");
      try {
        return await attempt(url, body, accept, signal);
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== "unreachable") throw error;
        failures.push(Date.now());
        if (!retry || triesLeft() <= 0) throw error;
      }
      await pause(delay * (0.5 + Math.random()), signal);
    }
  }

  /**
   * @param {string} url
   * @param {object | undefined} body
   * @param {string} accept
   * @param {AbortSignal | undefined} signal
   */
  async function attempt(url, body, accept = "application/json", signal = undefined) {
    /** @type {RequestInit} */
    const options = { credentials: "omit", referrerPolicy: "origin", headers: { Accept: accept }, signal };
    if (body) {
      options.method = "POST";
      options.headers = { Accept: accept, "Content-Type": "application/json" };
      options.body = JSON.stringify(body);
    }
    const reply = await fetch(url, options).catch((error) => {
      throw signal && signal.aborted ? error : new Failure("unreachable");
    });
    if (!reply.ok) throw await failureOf(reply);
    return reply;
  }

  /** @param {Response} reply */
  async function failureOf(reply) {
    const wait = Number(reply.headers.get("Retry-After")) || undefined;
    if (reply.status === 429) return new Failure(wait ? "limit" : "busy", wait);
    if (reply.status === 403) return new Failure("forbidden");
    if (reply.status >= 500) return new Failure(reply.status === 503 ? "busy" : "unreachable", wait);
    const code = await reply.json().then((body) => body.error.code, () => "error");
    return new Failure(`fail_${code}` in TEXTS ? code : "error");
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
        const name = /^event: ?(.*)$/m.exec(part);
        const data = /^data: ?(.*)$/m.exec(part);
        if (name && data) yield { name: name[1].trim(), data: JSON.parse(data[1]) };
      }
      if (done) return;
    }
  }

  /**
   * Ask a question and hand on its events until the last one.
   * @param {string} url
   * @param {object} body
   * @param {AbortController} stopper ends the question, here and on the server
   * @param {(name: string, data: any) => void} onEvent
   * @throws {Failure} except after `stopper` was used on purpose
   */
  async function ask(url, body, stopper, onEvent) {
    let timer = 0;
    let silent = false;
    const heard = () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => {
        silent = true;
        stopper.abort();
      }, SILENCE);
    };
    try {
      heard();
      const reply = await request(url, { body, accept: "text/event-stream", signal: stopper.signal, retry: true });
      for await (const { name, data } of eventsOf(/** @type {ReadableStream<Uint8Array>} */ (reply.body))) {
        heard();
        if (name === "error") throw new Failure(`fail_${data.error.code}` in TEXTS ? data.error.code : "error");
        onEvent(name, data);
        if (name === "done") return;
      }
      throw new Failure("interrupted");
    } catch (error) {
      if (silent) throw new Failure("unreachable");
      if (stopper.signal.aborted || error instanceof Failure) throw error;
      throw new Failure("interrupted"); // the connection or what came over it broke
    } finally {
      clearTimeout(timer);
    }
  }

  // ---- looks

  const STYLES = new CSSStyleSheet();
  STYLES.replaceSync(`
:host { all: initial !important; display: contents !important; }
:host([data-inline]) { display: block !important; height: 100%; min-height: 0; }
.root {
  --accent: var(--dayi-color, #b8402a); --on-accent: var(--dayi-on-color, #fff);
  --bg: var(--dayi-background, #fff); --ink: var(--dayi-text, #1d1c1a); --soft: #57534c; --faint: #6a655d;
  --line: #e6e3dd; --strong: #cdc8bf; --sunken: #f5f3ef; --mark: #fff2c7; --good: #23663f; --shade: 24 20 16;
  --font: var(--dayi-font, system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif);
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --r: var(--dayi-radius, 16px); --tint: color-mix(in srgb, var(--accent) 11%, var(--bg));
  color-scheme: light; font: 400 15px/1.6 var(--font); color: var(--ink); text-align: start;
}
.root.dark {
  --bg: var(--dayi-background-dark, #1b1a19); --ink: var(--dayi-text-dark, #ece8e2); --soft: #b7b0a6; --faint: #9d968c;
  --line: #35322e; --strong: #4d4943; --sunken: #262422; --mark: #4c3d12; --good: #8fd0a8; --shade: 0 0 0;
  --tint: color-mix(in srgb, var(--accent) 24%, var(--bg)); color-scheme: dark;
}
:host([data-inline]) .root { height: 100%; }
*, ::before, ::after { box-sizing: border-box; }
h2, h3, h4, h5, p, ul, ol, fieldset, figure { margin: 0; padding: 0; border: 0; font: inherit; min-width: 0; }
ul, ol { list-style: none; }
button, textarea, input { font: inherit; color: inherit; margin: 0; letter-spacing: inherit; }
button { background: none; border: 0; padding: 0; cursor: pointer; text-align: start; }
a { color: inherit; text-decoration: underline; text-decoration-color: var(--accent); text-underline-offset: 3px; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.dark :focus-visible { outline-color: color-mix(in srgb, var(--accent) 55%, #fff); }
.scroller:focus { outline: 0; }
.icon { width: 18px; height: 18px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.gap { flex: 1; }
.probe { position: absolute; background: var(--accent); }

.launcher { position: fixed; z-index: var(--dayi-z-index, 2147483000); inset: auto var(--dayi-offset-x, 20px) var(--dayi-offset-y, 20px) auto; display: flex; align-items: center; gap: 8px; height: 48px; padding: 0 20px 0 16px; border-radius: 24px; background: var(--accent); color: var(--on-accent); font-weight: 600; box-shadow: 0 2px 6px rgb(var(--shade) / 18%), 0 8px 24px rgb(var(--shade) / 20%); transition: transform .15s; }
.launcher .icon { width: 22px; height: 22px; }
.launcher:hover { transform: translateY(-2px); }
.launcher:focus-visible { outline: 3px solid var(--ink); outline-offset: 3px; box-shadow: 0 0 0 3px var(--bg); }
[data-position$="left"] .launcher { right: auto; left: var(--dayi-offset-x, 20px); }
[data-position^="top"] .launcher { bottom: auto; top: var(--dayi-offset-y, 20px); }

.panel { display: flex; flex-direction: column; width: 100%; height: 100%; background: var(--bg); color: var(--ink); overflow: hidden; }
dialog.panel { position: fixed; inset: auto var(--dayi-offset-x, 20px) var(--dayi-offset-y, 20px) auto; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: var(--r); width: min(var(--dayi-width, 460px), 100vw - 40px); max-width: none; height: min(780px, 100dvh - 40px); max-height: none; box-shadow: 0 4px 12px rgb(var(--shade) / 10%), 0 24px 64px rgb(var(--shade) / 26%); }
dialog:not([open]) { display: none; }
dialog[open] { animation: rise .18s ease-out; }
@keyframes rise { from { opacity: 0; transform: translateY(12px); } }
dialog::backdrop { background: rgb(24 20 16 / 22%); }
[data-position$="left"] dialog.panel { right: auto; left: var(--dayi-offset-x, 20px); }
[data-position^="top"] dialog.panel { bottom: auto; top: var(--dayi-offset-y, 20px); }

header { display: flex; align-items: center; gap: 6px; padding: 12px 12px 12px 18px; border-bottom: 1px solid var(--line); }
.seal, .logo { width: 28px; height: 28px; flex: none; margin-right: 4px; border-radius: 8px; }
.seal { display: grid; place-items: center; background: var(--accent); color: var(--on-accent); font: 700 16px/1 "Songti SC", "Noto Serif CJK SC", STSong, serif; }
.logo { object-fit: contain; }
h2 { flex: 1; font-weight: 650; font-size: 15.5px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.modes { display: flex; padding: 3px; border-radius: 10px; background: var(--sunken); margin-right: 4px; }
.mode { padding: 2px 11px; border-radius: 7px; font-size: 13px; color: var(--soft); }
.mode[aria-pressed="true"] { background: var(--bg); color: var(--ink); box-shadow: 0 1px 3px rgb(var(--shade) / 16%); font-weight: 550; }
.tool { display: grid; place-items: center; width: 34px; height: 34px; border-radius: 9px; color: var(--soft); }
.tool:hover, .action:hover { background: var(--sunken); color: var(--ink); }
.empty .fresh { display: none; }

.scroller { position: relative; flex: 1; min-height: 0; overflow-y: auto; overscroll-behavior: contain; scrollbar-width: thin; scrollbar-color: var(--strong) transparent; }
.home, .results { padding: 26px 20px 16px; }
.home h3 { font-weight: 700; font-size: 23px; line-height: 1.3; letter-spacing: -.005em; }
.home h3 + p { margin-top: 8px; color: var(--soft); }
.label { margin: 22px 2px 8px; color: var(--faint); font-size: 13px; }
.results > .label:first-child { margin-top: 0; }
.home ul, .results ul { display: grid; gap: 8px; }
.row { display: flex; align-items: center; gap: 12px; width: 100%; padding: 11px 14px; border: 1px solid var(--line); border-radius: 12px; color: var(--ink); text-decoration: none; line-height: 1.5; font-size: 14.5px; overflow-wrap: anywhere; transition: border-color .12s, background .12s; }
.row > span { flex: 1; min-width: 0; }
.row .icon { color: var(--faint); width: 16px; height: 16px; }
.row:hover { border-color: var(--accent); background: var(--sunken); }
.results { padding-top: 18px; }
.results .ask { background: var(--tint); border-color: transparent; }
.results .row > span { display: block; }
.results strong { display: block; font-weight: 550; }
.results small { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; color: var(--soft); font-size: 13px; }
.results .ask span { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.results li .row { align-items: flex-start; }
.results li .icon { margin-top: 3px; }

.turn { padding: 18px 20px 22px; }
.turn + .turn { border-top: 1px solid var(--line); }
.turn:last-child { min-height: 100%; }
.question { width: fit-content; max-width: 88%; max-height: 180px; overflow-y: auto; margin-left: auto; padding: 9px 14px; border-radius: 16px 16px 4px 16px; background: var(--tint); white-space: pre-wrap; overflow-wrap: anywhere; }
.reply { margin-top: 16px; }
.status { display: flex; align-items: center; gap: 9px; color: var(--soft); font-size: 14px; margin-bottom: 10px; }
.pulse { width: 8px; height: 8px; border-radius: 50%; background: var(--accent); animation: pulse 1.2s ease-in-out infinite; }
@keyframes pulse { 50% { opacity: .25; transform: scale(.7); } }
.notice { display: flex; gap: 9px; align-items: flex-start; margin-bottom: 14px; padding: 9px 13px; border-radius: 10px; background: var(--sunken); color: var(--soft); font-size: 13.5px; }
.text { margin-left: auto; color: var(--ink); font-weight: 550; text-decoration: underline; text-underline-offset: 3px; white-space: nowrap; }
.abstained { padding: 15px 17px; border: 1.5px dashed var(--strong); border-radius: 13px; }
.abstained h4 { font-weight: 650; font-size: 16px; }
.abstained p { color: var(--soft); font-size: 14px; margin-top: 3px; }
.expert { margin-top: 13px; }
.part { margin-top: 20px; }
.part > h4, .turn h5 { font-weight: 650; font-size: 14.5px; margin-bottom: 10px; }
.part > h4 { display: flex; align-items: center; gap: 8px; }
.part > h4::before { content: ""; width: 4px; height: 15px; border-radius: 2px; background: var(--accent); }
.summary { font-size: 16px; line-height: 1.65; }
.causes .items { display: grid; gap: 9px; }
.causes .items > li { padding: 11px 14px; border-radius: 11px; background: var(--sunken); }
.steps .items { counter-reset: step; }
.steps .items > li { counter-increment: step; position: relative; padding: 1px 0 16px 38px; min-height: 40px; }
.steps .items > li::before { content: counter(step); position: absolute; left: 0; top: 0; width: 25px; height: 25px; border-radius: 50%; display: grid; place-items: center; background: var(--tint); font-weight: 650; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.steps .items > li:not(:last-child)::after { content: ""; position: absolute; left: 12px; top: 30px; bottom: 3px; width: 1px; background: var(--strong); }
.explanation .items { display: grid; gap: 9px; color: var(--soft); }
.unsupported { border-left: 3px solid var(--strong); padding-left: 12px; }
.steps .items > .unsupported { border-left: 0; }
.warning { margin-top: 6px !important; color: var(--faint); font-size: 12.5px; font-style: italic; }

.written { overflow-wrap: anywhere; min-width: 0; }
.written > :first-child { margin-top: 0; }
.written :is(p, ul, ol, pre, .code, .wide, blockquote) { margin: .6em 0 0; }
.written h5 { margin: 1.1em 0 .3em; }
.written ul { list-style: disc; padding-left: 1.35em; }
.written ol { list-style: decimal; padding-left: 1.5em; }
.written li { margin: .2em 0; }
.written blockquote { padding-left: 12px; border-left: 3px solid var(--strong); color: var(--soft); }
.written hr { border: 0; border-top: 1px solid var(--line); margin: 1em 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13.5px; }
th, td { padding: 5px 10px; border: 1px solid var(--line); text-align: start; vertical-align: top; }
code { font: .88em/1.5 var(--mono); padding: .1em .35em; border-radius: 5px; background: var(--sunken); }
.causes code { background: var(--bg); }
.code { position: relative; }
pre { overflow-x: auto; padding: 11px 13px; border: 1px solid var(--line); border-radius: 10px; background: var(--sunken); font: 12.5px/1.65 var(--mono); tab-size: 2; white-space: pre; margin: 0 !important; }
.causes pre { background: var(--bg); }
pre code { display: block; width: max-content; min-width: 100%; padding: 0; background: none !important; font: inherit; }
pre.plain { white-space: pre-wrap; }
.code .copy { position: absolute; top: 6px; right: 6px; min-height: 26px; padding: 0 8px; border: 1px solid var(--line); background: var(--bg); font-size: 12px; opacity: 0; }
.code:is(:hover, :focus-within) .copy { opacity: 1; }
@media (hover: none) { .code .copy { opacity: 1; } }
.cite { display: inline-grid; place-items: center; min-width: 19px; height: 19px; margin: 0 2px; padding: 0 5px; border-radius: 6px; background: var(--tint); color: var(--ink); font: 650 11.5px/1 var(--font); font-variant-numeric: tabular-nums; vertical-align: 2px; }
button.cite:hover, .cite[aria-expanded="true"] { background: var(--accent); color: var(--on-accent); }
.host { color: var(--faint); font-size: 12.5px; overflow-wrap: anywhere; }
.link-host { color: var(--faint); font-size: .86em; }
.tag { display: inline-flex; align-items: center; gap: 4px; color: var(--good); font-size: 12px; white-space: nowrap; }
.tag .icon { width: 13px; height: 13px; stroke-width: 2; }

.quote { margin: 11px 0 4px; border: 1px solid var(--line); border-radius: 11px; background: var(--bg); overflow: hidden; font-size: 13.5px; }
.quote .from { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 2px 12px; margin: 0; padding: 9px 13px; border-bottom: 1px solid var(--line); }
.quote .from strong { font-weight: 600; }
.quote .gone { margin: 0; padding: 8px 13px; background: var(--sunken); color: var(--soft); }
.context { position: relative; max-height: 230px; overflow-y: auto; overscroll-behavior: contain; padding: 11px 13px; color: var(--soft); scrollbar-width: thin; }
.mark { margin: 8px -5px; padding: 6px 9px; border-left: 3px solid var(--accent); border-radius: 3px 7px 7px 3px; background: var(--mark); color: var(--ink); }
.mark > :first-child { margin-top: 0; }
.mark code, .mark pre { background: color-mix(in srgb, var(--bg) 55%, transparent); }
.quote .open { display: flex; align-items: center; gap: 7px; padding: 9px 13px; border-top: 1px solid var(--line); text-decoration: none; font-weight: 550; }
.quote .open:hover { background: var(--sunken); }
.quote .open .icon { width: 15px; height: 15px; }
.quote .open .host { margin-left: auto; font-weight: 400; }

.sources ul, .related ul { border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.sources li { padding: 9px 13px; font-size: 14px; }
.sources li + li, .related li + li { border-top: 1px solid var(--line); }
.sources .marks { margin: 0 6px 0 -2px; }
.sources .name { text-decoration-color: transparent; font-weight: 500; }
.sources .name:hover { text-decoration-color: var(--accent); }
.sources .tag, .sources li > .host { margin-left: 8px; }
.related li { display: flex; }
.related .row { border: 0; border-radius: 0; padding: 9px 13px; font-size: 14px; }
.related .go { display: grid; place-items: center; width: 42px; border-left: 1px solid var(--line); color: var(--faint); }
.related .go:hover { background: var(--sunken); }
.related .go .icon { width: 15px; height: 15px; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; margin: 18px -8px 0; }
.action { display: inline-flex; align-items: center; gap: 6px; min-height: 32px; padding: 0 8px; border-radius: 8px; color: var(--soft); font-size: 13px; text-decoration: none; }
.action .icon { width: 16px; height: 16px; }
.action[aria-pressed="true"] { background: var(--tint); color: var(--ink); }
.form { margin-top: 10px; padding: 14px; border: 1px solid var(--line); border-radius: 12px; display: grid; gap: 11px; }
.abstained .form { padding: 0; border: 0; }
.form legend { float: left; width: 100%; padding: 0; margin-bottom: 9px; font-weight: 600; }
.form fieldset { display: flex; flex-wrap: wrap; gap: 7px; }
.pill { position: relative; padding: 4px 12px; border: 1px solid var(--strong); border-radius: 99px; font-size: 13px; color: var(--soft); }
.pill input { position: absolute; inset: 0; opacity: 0; cursor: pointer; }
.pill:has(:checked) { background: var(--tint); border-color: var(--accent); color: var(--ink); }
.pill:has(:focus-visible) { outline: 2px solid var(--accent); outline-offset: 2px; }
.form :is(textarea, input:not([type])) { width: 100%; padding: 8px 11px; border: 1px solid var(--strong); border-radius: 9px; background: var(--bg); resize: vertical; }
.button { justify-self: start; width: fit-content; padding: 6px 16px; border-radius: 9px; background: var(--accent); color: var(--on-accent); font-weight: 550; font-size: 14px; }
.said:not(:empty) { margin-top: 8px !important; color: var(--good) !important; font-size: 13.5px; }
.fine { color: var(--faint); font-size: 12px; line-height: 1.5; }
.turn .fine { margin-top: 8px; }

.composer { padding: 10px 14px 10px; border-top: 1px solid var(--line); }
.box { display: flex; align-items: flex-end; gap: 6px; padding: 6px 6px 6px 14px; border: 1px solid var(--strong); border-radius: 14px; background: var(--bg); }
.box:focus-within { border-color: var(--accent); box-shadow: 0 0 0 3px var(--tint); }
.box textarea { flex: 1; min-width: 0; padding: 5px 0; border: 0; outline: 0; background: none; resize: none; line-height: 1.6; overflow-y: auto; }
::placeholder { color: var(--faint); opacity: 1; }
.send { display: grid; place-items: center; width: 34px; height: 34px; flex: none; border-radius: 10px; background: var(--accent); color: var(--on-accent); }
.send:disabled { background: var(--sunken); color: var(--faint); cursor: default; }
.composer .fine { margin-top: 7px; text-align: center; }

@media (max-width: 640px) {
  dialog.panel, [data-position] dialog.panel { inset: 0 0 auto 0; width: 100%; height: var(--dayi-height, 100dvh); border: 0; border-radius: 0; }
  .box textarea, .form :is(textarea, input:not([type])) { font-size: 16px; }
  .action.copy span { display: none; }
  .code .copy span { display: inline; }
}
@media (prefers-reduced-motion: reduce) { *, ::before, ::after { animation: none !important; transition: none !important; } }
@media (forced-colors: active) {
  .launcher, .send, .button, .cite, .mode[aria-pressed="true"], .action[aria-pressed="true"], .pill { border: 1px solid ButtonText; }
  .cite[aria-expanded="true"], .mode[aria-pressed="true"], .action[aria-pressed="true"], .pill:has(:checked) { border-color: Highlight; outline: 1px solid Highlight; }
  .mark { border-left-color: Highlight; }
  .part > h4::before, .pulse { background: CanvasText; forced-color-adjust: none; }
}
@media print { .root { display: none; } }
`);

  // ---- one question and its answer

  class Turn {
    /** @param {DayiWidget} widget
     * @param {string} question */
    constructor(widget, question) {
      this.widget = widget;
      this.question = question;
      /** @type {Answer | null} */
      this.answer = null;
      this.head = el("h3", { class: "question" }, question);
      this.reply = el("div", { class: "reply" });
      this.element = el("article", { class: "turn" }, this.head, this.reply);
      this.status = el("p", { class: "status" });
      this.written = el("div", { class: "written item" });
      this.reply.append(this.status, this.written);
      this.say("searching");
    }

    /** @param {string} key */
    say(key) {
      this.status.replaceChildren(el("span", { class: "pulse" }), this.widget.t(key));
    }

    /** A piece of the answer that is being written.
     * @param {{keep?: number, blocks?: Block[]}} delta */
    write({ keep = 0, blocks }) {
      if (!blocks) return;
      this.say("writing");
      while (this.written.childNodes.length > keep) this.written.lastChild?.remove();
      for (const block of blocks) this.written.append(build([block], (n) => el("span", { class: "cite" }, String(n))));
    }

    /** @param {Answer} answer */
    finish(answer) {
      this.answer = answer;
      this.head.textContent = this.question = answer.question;
      this.element.dataset.outcome = answer.outcome;
      const parts = [...this.notices(answer), ...this.body(answer), this.sources(answer), this.related(answer)];
      const end = answer.feedback_token ? this.actions(answer) : [];
      this.reply.replaceChildren(.../** @type {Node[]} */ ([...parts, ...end].filter(Boolean)));
      this.reply.lang = answer.language;
    }

    stop() {
      this.status.replaceChildren(this.widget.t("stopped"));
    }

    /** @param {Failure} failure */
    fail(failure) {
      const { widget } = this;
      const retry = () => {
        this.element.remove();
        widget.ask(this.question);
      };
      this.status.replaceChildren(
        widget.t(`fail_${failure.kind}`, String(failure.wait)),
        failure.kind !== "forbidden" && el("button", { type: "button", class: "text", click: retry }, widget.t("retry")) || "",
      );
      this.status.className = "notice";
    }

    /** @param {Answer} answer */
    notices(answer) {
      const { widget } = this;
      const gone = answer.outcome === "abstained";
      return [
        answer.masked && el("p", { class: "notice" }, icon("shield"), widget.t("masked")),
        answer.outcome === "degraded" && el("p", { class: "notice" }, widget.t("degraded")),
        gone && el("div", { class: "abstained" },
          el("h4", {}, widget.t("abstained")), el("p", {}, widget.t("abstained_text")),
          answer.feedback_token && this.expertForm(answer)),
      ];
    }

    /** @param {Answer} answer
     * @returns {Child[]} */
    body(answer) {
      if (answer.outcome === "abstained") return [];
      const { blocks } = answer;
      const parts = /** @type {const} */ (["causes", "steps", "explanation"]);
      return [
        blocks.summary.length > 0 && this.item("div", "summary", blocks.summary),
        ...parts.map((name) => this.part(name, answer[name], blocks[name])),
        blocks.body.length > 0 && this.item("div", "", blocks.body),
      ];
    }

    /** @param {"causes" | "steps" | "explanation"} name
     * @param {Item[]} items
     * @param {Block[][]} blocks */
    part(name, items, blocks) {
      if (!items.length) return null;
      const list = el(name === "steps" ? "ol" : "ul", { class: "items" });
      items.forEach((item, n) => {
        const entry = this.item("li", item.supported === false ? "unsupported" : "", blocks[n]);
        if (item.supported === false) entry.append(el("p", { class: "warning" }, this.widget.t("unsupported")));
        list.append(entry);
      });
      return el("section", { class: `part ${name}` }, el("h4", {}, this.widget.t(name)), list);
    }

    /** Written text, with a button for each citation and each block of code.
     * @param {"div" | "li"} tag
     * @param {string} kind
     * @param {Block[]} blocks */
    item(tag, kind, blocks) {
      const entry = el(tag, { class: `written item ${kind}` }, build(blocks, (n) => this.cite(n)));
      for (const pre of entry.querySelectorAll("pre")) this.decorate(pre);
      return entry;
    }

    /** @param {HTMLPreElement} pre */
    decorate(pre) {
      const box = el("div", { class: "code" });
      const text = pre.textContent || "";
      pre.tabIndex = 0; // it scrolls, so the keyboard must reach it
      pre.replaceWith(box);
      box.append(pre, this.copyButton("copy", () => text));
    }

    /** @param {string} key
     * @param {() => string} text */
    copyButton(key, text) {
      const label = el("span", {}, this.widget.t(key));
      const copy = async () => {
        const done = await navigator.clipboard.writeText(text()).then(() => "copied", () => "not_copied");
        label.textContent = this.widget.announce(done);
        setTimeout(() => (label.textContent = this.widget.t(key)), 1500);
      };
      return el("button", { type: "button", class: "action copy", click: () => copy().catch(() => {}) }, icon("copy"), label);
    }

    /** The mark of a citation: opens the quote under the text that it stands in.
     * @param {number} n */
    cite(n) {
      const citation = this.answer?.citations.find((entry) => entry.n === n);
      const quote = this.answer?.blocks.quotes.find((entry) => entry.n === n);
      if (!citation || !quote) return el("span", { class: "cite" }, String(n));
      const label = this.widget.t("source", String(n), citation.title);
      const button = el("button", { type: "button", class: "cite", "aria-label": label, "aria-expanded": "false" }, String(n));
      button.addEventListener("click", () => this.toggleQuote(button, citation, quote));
      return button;
    }

    /** @param {HTMLButtonElement} button
     * @param {Citation} citation
     * @param {Quote} quote */
    toggleQuote(button, citation, quote) {
      const item = /** @type {HTMLElement} */ (button.closest(".item"));
      const wasOpen = button.getAttribute("aria-expanded") === "true";
      item.querySelectorAll(".quote").forEach((open) => open.remove());
      item.querySelectorAll(".cite").forEach((cite) => cite.setAttribute("aria-expanded", "false"));
      if (wasOpen) return;
      button.setAttribute("aria-expanded", "true");
      const card = this.quoteCard(citation, quote);
      item.append(card);
      const mark = /** @type {HTMLElement} */ (card.querySelector(".mark"));
      const text = /** @type {HTMLElement} */ (mark.parentElement);
      text.scrollTop = mark.offsetTop - text.offsetTop - 12;
      card.scrollIntoView({ block: "nearest" });
      this.widget.emit("onAskAISourceClick", { n: citation.n, title: citation.title, url: citation.url });
    }

    /** @param {Citation} citation
     * @param {Quote} quote */
    quoteCard(citation, quote) {
      const { widget } = this;
      /** @param {Block[]} blocks */
      const plain = (blocks) => build(blocks, (n) => document.createTextNode(`[${n}]`));
      return el("div", { class: "quote", role: "group", "aria-label": widget.t("source", String(citation.n), citation.title) },
        el("p", { class: "from" }, el("strong", {}, citation.title), citation.reviewed && this.reviewed()),
        !quote.is_current && el("p", { class: "gone" }, widget.t("gone")),
        el("div", { class: "context written", tabindex: 0 },
          plain(quote.before), el("div", { class: "mark" }, plain(quote.quote)), plain(quote.after)),
        hostOf(citation.url) && link(citation.url, { class: "open", click: () => widget.clicked(citation) },
          icon("out"), widget.t("open_page"), el("span", { class: "host" }, hostOf(citation.url))));
    }

    reviewed() {
      return el("span", { class: "tag" }, icon("check"), this.widget.t("reviewed"));
    }

    /** @param {Answer} answer */
    sources(answer) {
      if (!answer.citations.length) return null;
      const documents = [...new Set(answer.citations.map((entry) => `${entry.product} ${entry.document}`))];
      const entries = documents.map((id) => {
        const own = answer.citations.filter((entry) => `${entry.product} ${entry.document}` === id);
        const marks = own.map((entry) => this.cite(entry.n));
        const title = link(own[0].url, { class: "name", click: () => this.widget.clicked(own[0]) }, own[0].title);
        return el("li", { class: "item" }, el("span", { class: "marks" }, ...marks), title,
          own[0].reviewed && this.reviewed(), el("span", { class: "host" }, hostOf(own[0].url)));
      });
      return el("section", { class: "part sources" }, el("h4", {}, this.widget.t("sources")), el("ul", {}, ...entries));
    }

    /** @param {Answer} answer */
    related(answer) {
      if (!answer.related.length) return null;
      const { widget } = this;
      const entries = answer.related.map((entry) => el("li", {},
        el("button", { type: "button", class: "row", click: () => widget.ask(entry.title) }, el("span", {}, entry.title), icon("arrow")),
        hostOf(entry.url) && link(entry.url, { class: "go", "aria-label": `${widget.t("open_page")}: ${entry.title}` }, icon("out"))));
      const name = answer.outcome === "abstained" ? "nearest" : "related";
      return el("section", { class: "part related" }, el("h4", {}, widget.t(name)), el("ul", {}, ...entries));
    }

    // -- what a reader can do with an answer

    /** @param {Answer} answer */
    actions(answer) {
      const { widget } = this;
      const said = el("p", { class: "said", role: "status" });
      const form = this.feedbackForm(said);
      /** @param {"good" | "bad"} rating */
      const thumb = (rating) => el("button", {
        type: "button", class: "action thumb", "data-rating": rating, "aria-pressed": "false", title: widget.t(rating),
        "aria-label": widget.t(rating), click: () => this.rate(rating, said).then(() => (form.hidden = rating === "good")),
      }, icon(rating));
      const text = () => `${answer.question}\n\n${answer.markdown}\n\n${answer.permalink}`;
      return [
        el("div", { class: "actions" }, thumb("good"), thumb("bad"), el("span", { class: "gap" }),
          this.copyButton("copy_answer", text), link(answer.permalink, { class: "action" }, icon("link"), widget.t("permalink"))),
        form, said,
        answer.outcome !== "abstained" && el("p", { class: "fine" }, widget.t("unreviewed")),
      ];
    }

    /** @param {HTMLElement} said */
    feedbackForm(said) {
      const { widget } = this;
      const reasons = REASONS.map((reason) => el("label", { class: "pill" },
        el("input", { type: "checkbox", name: "reasons", value: reason }), el("span", {}, widget.t(reason))));
      const label = widget.t("comment");
      /** @type {HTMLFormElement} */
      const form = el("form", {
        class: "form", hidden: true,
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          const given = new FormData(form);
          const more = { reasons: given.getAll("reasons"), comment: given.get("comment") };
          this.rate("bad", said, more).then((sent) => (form.hidden = sent));
        },
      },
      el("fieldset", {}, el("legend", {}, widget.t("what_wrong")), ...reasons),
      el("textarea", { name: "comment", rows: 2, maxlength: 4000, placeholder: label, "aria-label": label }),
      el("button", { class: "button" }, widget.t("submit")));
      return form;
    }

    /** @param {"good" | "bad"} rating
     * @param {HTMLElement} said
     * @param {object} more
     * @returns {Promise<boolean>} whether it was stored */
    async rate(rating, said, more = {}) {
      const answer = /** @type {Answer} */ (this.answer);
      const body = { answer: answer.id, token: answer.feedback_token, rating, ...more };
      const sent = await request(this.widget.api("feedback"), { body }).then(() => true, () => false);
      said.textContent = this.widget.t(sent ? `thanks_${rating}` : "not_sent");
      if (!sent) return false;
      for (const thumb of this.reply.querySelectorAll(".thumb")) {
        thumb.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (thumb).dataset.rating === rating));
      }
      this.widget.emit("onAskAIFeedbackSubmit", { answer: answer.id, rating, ...more });
      return true;
    }

    /** @param {Answer} answer */
    expertForm(answer) {
      const { widget } = this;
      const said = el("p", { class: "said", role: "status" });
      const [contact, comment] = [widget.t("contact"), widget.t("comment")];
      /** @param {Event} event */
      const submit = async (event) => {
        event.preventDefault();
        const given = new FormData(form);
        const body = { answer: answer.id, token: answer.feedback_token, contact: given.get("contact"), comment: given.get("comment") };
        const result = await request(widget.api("expert-requests"), { body }).then(() => "expert_sent",
          (failure) => (failure.kind === "not_found" ? "expert_missing" : "not_sent"));
        said.textContent = widget.t(result);
        form.hidden = result !== "not_sent";
      };
      const form = el("form", { class: "form", hidden: true, submit },
        el("p", {}, widget.t("expert_text")),
        el("input", { name: "contact", maxlength: 200, placeholder: contact, "aria-label": contact, autocomplete: "email" }),
        el("textarea", { name: "comment", rows: 2, maxlength: 4000, placeholder: comment, "aria-label": comment }),
        el("button", { class: "button" }, widget.t("submit")));
      const open = el("button", {
        type: "button", class: "button",
        click: () => {
          form.hidden = false;
          open.hidden = true;
          /** @type {HTMLElement} */ (form.querySelector("input")).focus();
        },
      }, widget.t("expert"));
      return el("div", { class: "expert" }, open, form, said);
    }
  }

  // ---- the element

  class DayiWidget extends HTMLElement {
    constructor() {
      super();
      this.root = el("div", { class: "root" });
      this.sheet = new CSSStyleSheet(); // what this site sets; the rest is the same for all
      this.viewport = new CSSStyleSheet();
      const shadow = this.attachShadow({ mode: "open", delegatesFocus: false });
      shadow.adoptedStyleSheets = [STYLES, this.sheet, this.viewport];
      shadow.append(this.root);
      /** @type {Site | null} */
      this.site = null;
      /** @type {Turn[]} */
      this.turns = [];
      /** @type {Mode} */
      this.mode = "ask";
      /** @type {AbortController | null} the question that is being answered */
      this.asking = null;
      /** @type {Record<string, string>} */
      this.context = {};
      this.language = "en";
      this.painted = "";
      this.wasOpened = false;
      /** @type {HTMLElement | null} where the focus was before the panel opened */
      this.opener = null;
      this.life = new AbortController();
      this.lookup = new AbortController();
    }

    connectedCallback() {
      this.life = new AbortController();
      this.language = this.pickLanguage();
      const { signal } = this.life;
      addEventListener("pagehide", () => this.asking?.abort(), { signal });
      if (this.option("inline") !== "") {
        document.addEventListener("keydown", (event) => this.onPageKey(event), { signal });
        document.addEventListener("click", (event) => this.onPageClick(event), { signal });
        this.drawButton();
      } else {
        this.open({}, true);
      }
    }

    disconnectedCallback() {
      this.life.abort();
      this.asking?.abort();
    }

    // -- settings: the page's own over the site's

    /** @param {string} name */
    option(name) {
      return this.dataset[name];
    }

    /** The text of a key in the reader's language, its `{}` filled in order.
     * @param {string} key
     * @param {...string} values */
    t(key, ...values) {
      const text = (TEXTS[key] || TEXTS.fail_error)[this.language === "zh" ? 0 : 1];
      return values.reduce((filled, value) => filled.replace("{}", () => value), text);
    }

    pickLanguage() {
      const wanted = [this.option("language"), this.site?.language].find((name) => name === "zh" || name === "en");
      return wanted || (/^zh\b/i.test(document.documentElement.lang || navigator.language) ? "zh" : "en");
    }

    /** Product and version: told by script, by attribute, by the page's address, by the site. */
    scope() {
      const { site, context } = this;
      const found = site ? fromAddress(site.url_pattern, location.pathname) : {};
      if (site && found.product && !site.products.includes(found.product)) delete found.product;
      return {
        product: context.product || this.option("product") || found.product || site?.product || "",
        version: context.version || this.option("version") || found.version || "",
      };
    }

    /** @param {string} path */
    api(path) {
      const base = this.option("apiBase") || (script && script.src) || location.href;
      return new URL(`api/v1/${path}`, new URL("./", base)).href;
    }

    /** @param {string} name
     * @param {object} detail */
    emit(name, detail = {}) {
      const event = `dayi:${name[2].toLowerCase()}${name.slice(3)}`;
      this.dispatchEvent(new CustomEvent(event, { detail, bubbles: true, composed: true }));
      for (const handler of HANDLERS.get(name) || []) quietly(() => handler(detail));
    }

    /** Tell readers who do not see the screen, once.
     * @param {string} key
     * @param {...string} values */
    announce(key, ...values) {
      const text = this.t(key, ...values);
      if (this.live) this.live.textContent = text;
      return text;
    }

    /** @param {{url: string, title: string, n?: number}} source */
    clicked({ url, title, n }) {
      this.emit("onAskAISourceClick", { n, title, url });
    }

    // -- open and close

    /** @param {{mode?: string, query?: string, submit?: boolean}} options
     * @param {boolean} [inline] */
    open({ mode, query, submit } = {}, inline = false) {
      if (!this.wasOpened) this.firstUse();
      this.mode = mode === "search" ? "search" : mode ? "ask" : this.mode;
      const language = this.pickLanguage();
      if (!this.panel || language !== this.language) this.draw();
      this.paint();
      if (!inline && this.dialog && !this.dialog.open) {
        this.opener = deepFocus();
        this.dialog.showModal();
        this.emit("onModalOpen", { mode: this.mode });
      }
      this.show();
      if (query !== undefined && this.input) this.type(query);
      if (!inline) this.input?.focus();
      // A link must not be able to ask in a reader's name: only what a person just did may send at once.
      if (query && submit && (!navigator.userActivation || navigator.userActivation.isActive)) this.ask(query);
      this.scrollToEnd();
    }

    close() {
      this.dialog?.close();
    }

    toggle() {
      if (this.dialog?.open) this.close();
      else this.open();
    }

    onClosed() {
      this.emit("onModalClose");
      this.opener?.focus();
      this.opener = null;
    }

    /** What costs something waits for the first time that somebody opens the panel. */
    firstUse() {
      this.wasOpened = true;
      this.turns = recall(this).map((answer) => {
        const turn = new Turn(this, answer.question);
        turn.answer = answer;
        return turn;
      });
      this.loadSite();
      const { signal } = this.life;
      const repaint = () => this.paint();
      const observer = new MutationObserver(() => {
        repaint();
        setTimeout(repaint, 400); // once the page's own transition is over
      });
      for (const node of [document.documentElement, document.body]) observer.observe(node, { attributes: true });
      signal.addEventListener("abort", () => observer.disconnect());
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint, { signal });
      window.visualViewport?.addEventListener("resize", () => this.fitViewport(), { signal });
    }

    async loadSite() {
      const id = this.option("siteId");
      if (!id || this.site) return;
      try {
        const reply = await request(this.api(`sites/${encodeURIComponent(id)}`), {});
        this.site = await reply.json();
      } catch {
        return; // the panel works with what the page says
      }
      if (!this.asking) this.draw();
      this.paint();
      this.show();
    }

    // -- looks that follow the page

    isDark() {
      const scheme = this.option("colorScheme");
      if (scheme === "light" || scheme === "dark") return scheme === "dark";
      const selector = this.option("colorSchemeSelector");
      if (selector) return quietly(() => document.querySelector(selector) !== null) || false;
      // No word from the site: a page whose ground is dark is dark.
      for (const node of [document.body, document.documentElement]) {
        const light = luminance(getComputedStyle(node).backgroundColor);
        if (light !== undefined) return light < 0.2;
      }
      const { colorScheme } = getComputedStyle(document.documentElement);
      return colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches;
    }

    paint() {
      this.root.classList.toggle("dark", this.isDark());
      const colour = this.option("projectColor") || this.site?.colour || "";
      if (!colour || !CSS.supports("color", colour) || this.painted === colour) return;
      this.painted = colour;
      this.sheet.replaceSync(`:host { --dayi-color: ${colour}; }`);
      const probe = this.root.appendChild(el("i", { class: "probe" }));
      const light = luminance(getComputedStyle(probe).backgroundColor) || 0;
      probe.remove();
      const on = light > 0.183 ? "#000" : "#fff"; // white as long as its contrast is 4.5 to 1
      this.sheet.replaceSync(`:host { --dayi-color: ${colour}; --dayi-on-color: ${on}; }`);
    }

    /** On a phone the keyboard covers the page without making it smaller. */
    fitViewport() {
      const height = window.visualViewport?.height;
      if (this.dialog?.open && height) this.viewport.replaceSync(`:host { --dayi-height: ${Math.round(height)}px; }`);
    }

    // -- drawing

    drawButton() {
      this.button?.remove();
      if (this.option("buttonHide") === "true") return;
      this.root.dataset.position = this.option("position") || "bottom-right";
      this.button = el("button", {
        type: "button", class: "launcher", "aria-haspopup": "dialog", "aria-label": this.titleText(),
        click: () => this.open(),
      }, icon("chat"), el("span", {}, this.t("launch")));
      this.root.prepend(this.button);
      if (this.option("projectColor")) this.paint();
    }

    titleText() {
      const name = this.option("projectName") || this.site?.title;
      return this.option("modalTitle") || (name ? this.t("title_of", name) : this.t("title"));
    }

    /** The panel, anew: with another language or other settings. What was typed and answered stays. */
    draw() {
      const typed = this.input?.value || "";
      this.language = this.pickLanguage();
      if (this.button) this.drawButton();
      this.live = el("p", { class: "sr", role: "status", "aria-live": "polite" });
      this.home = el("div", { class: "home" });
      this.results = el("section", { class: "results", "aria-label": this.t("pages") });
      this.thread = el("div", { class: "thread" });
      this.scroller = el("div", { class: "scroller", tabindex: -1 }, this.home, this.results, this.thread);
      const parts = [this.header(), this.scroller, this.composer(), this.live];
      if (!this.panel) this.panel = this.frame();
      this.panel.lang = this.language;
      this.panel.replaceChildren(...parts);
      this.panel.setAttribute("aria-label", this.titleText());
      this.drawHome();
      for (const turn of this.turns) {
        const drawn = new Turn(this, turn.question);
        if (turn.answer) drawn.finish(turn.answer);
        this.turns[this.turns.indexOf(turn)] = drawn;
        this.thread.append(drawn.element);
      }
      this.type(typed);
      if (this.dialog?.open) this.input?.focus();
    }

    /** What holds the panel: a modal dialog, in the browser's top layer, or a part of the page. */
    frame() {
      if (this.option("inline") === "") return this.root.appendChild(el("section", { class: "panel inline" }));
      this.dialog = el("dialog", {
        class: "panel",
        close: () => this.onClosed(),
        click: (/** @type {MouseEvent} */ event) => event.target === this.dialog && this.close(), // the backdrop
      });
      return this.root.appendChild(this.dialog);
    }

    header() {
      const logo = this.option("projectLogo");
      /** @type {HTMLElement} */
      let seal = el("span", { class: "seal", "aria-hidden": "true" }, "答");
      if (logo) seal = el("img", { class: "logo", alt: "", src: logo, error: () => seal.remove() });
      /** @param {Mode} mode */
      const tab = (mode) => el("button", { type: "button", class: "mode", "data-mode": mode, click: () => this.switchTo(mode) }, this.t(`mode_${mode}`));
      /** @param {string} name
       * @param {() => void} action */
      const tool = (name, action) => el("button", { type: "button", class: `tool ${name}`, "aria-label": this.t(name), title: this.t(name), click: action }, icon(name));
      return el("header", {}, seal, el("h2", {}, this.titleText()),
        el("div", { class: "modes", role: "group", "aria-label": this.t("mode") }, tab("ask"), tab("search")),
        tool("fresh", () => this.startAnew()), this.option("inline") !== "" && tool("close", () => this.close()));
    }

    composer() {
      this.input = el("textarea", { rows: 1, maxlength: 8000, input: () => this.onInput(), keydown: (/** @type {KeyboardEvent} */ event) => this.onKey(event) });
      this.submit = el("button", { class: "send" });
      return el("form", {
        class: "composer",
        submit: (/** @type {Event} */ event) => {
          event.preventDefault();
          if (this.asking) this.stop();
          else this.enter();
        },
      },
      el("div", { class: "box" }, this.input, this.submit),
      el("p", { class: "fine" }, this.option("modalDisclaimer") || this.t("disclaimer")));
    }

    drawHome() {
      const own = listOf(this.option("modalExampleQuestions"));
      const examples = own.length ? own : this.site?.examples[this.language] || [];
      this.home?.replaceChildren(
        el("h3", {}, this.t("welcome")), el("p", {}, this.t("welcome_text")),
        examples.length ? el("p", { class: "label" }, this.t("examples")) : "",
        el("ul", {}, ...examples.map((text) => el("li", {},
          el("button", { type: "button", class: "row", click: () => this.ask(text) }, el("span", {}, text), icon("arrow"))))));
    }

    /** Show what belongs to the mode, the conversation and what is typed. */
    show() {
      if (!this.input || !this.submit || !this.home || !this.thread || !this.results) return;
      const asking = this.mode === "ask";
      const typed = this.input.value.trim();
      this.thread.hidden = !asking || !this.turns.length;
      this.results.hidden = asking && (this.turns.length > 0 || !typed);
      this.home.hidden = !this.thread.hidden || !this.results.hidden;
      this.root.classList.toggle("empty", !this.turns.length);
      for (const tab of this.root.querySelectorAll(".mode")) {
        tab.setAttribute("aria-pressed", String(/** @type {HTMLElement} */ (tab).dataset.mode === this.mode));
      }
      const hint = this.t(!asking ? "search_hint" : this.turns.length ? "more_hint" : "ask_hint");
      this.input.placeholder = hint;
      this.input.setAttribute("aria-label", hint);
      const action = this.asking ? "stop" : asking ? "send" : "mode_search";
      this.submit.replaceChildren(icon(this.asking ? "stop" : "send"));
      this.submit.setAttribute("aria-label", this.t(action));
      this.submit.disabled = !this.asking && !typed;
      if (!asking && !typed) this.results.replaceChildren(el("p", { class: "label" }, this.t("search_empty")));
    }

    scrollToEnd() {
      const last = this.turns[this.turns.length - 1];
      if (last && this.scroller) this.scroller.scrollTop = last.element.offsetTop - 12;
    }

    // -- typing

    /** @param {string} text */
    type(text) {
      if (!this.input) return;
      this.input.value = text.slice(0, 8000);
      this.onInput();
    }

    onInput() {
      const input = /** @type {HTMLTextAreaElement} */ (this.input);
      input.rows = 1;
      while (input.rows < 6 && input.scrollHeight > input.clientHeight + 2) input.rows += 1;
      this.show();
      this.search(input.value.trim());
    }

    /** @param {KeyboardEvent} event */
    onKey(event) {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
        event.preventDefault(); // an Enter that ends an input method's word has been left alone
        if (!this.asking) this.enter();
      } else if (event.key === "ArrowDown" && this.results && !this.results.hidden && this.input?.selectionEnd === this.input?.value.length) {
        const first = /** @type {HTMLElement | null} */ (this.results.querySelector(".row"));
        if (first) event.preventDefault();
        first?.focus();
      }
    }

    enter() {
      const text = this.input?.value.trim();
      if (!text) return;
      const first = /** @type {HTMLElement | null | undefined} */ (this.mode === "search" && this.results?.querySelector("a.row"));
      if (first) first.focus();
      else this.ask(text);
    }

    /** Up and down move between results.
     * @param {KeyboardEvent} event */
    onResultKey(event) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (!step || !this.results) return;
      event.preventDefault();
      const rows = /** @type {HTMLElement[]} */ ([...this.results.querySelectorAll(".row")]);
      const next = rows.indexOf(/** @type {HTMLElement} */ (this.shadowRoot?.activeElement)) + step;
      (next < 0 ? this.input : rows[Math.min(next, rows.length - 1)])?.focus();
    }

    /** @param {Mode} mode */
    switchTo(mode) {
      this.mode = mode;
      this.show();
      this.onInput();
      this.input?.focus();
      this.emit("onModeSwitch", { mode });
    }

    /** @param {KeyboardEvent} event */
    onPageKey(event) {
      const wanted = this.option("modalOpenOnCommandK") === "true" && event.key.toLowerCase() === "k";
      if (!wanted || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey || event.defaultPrevented) return;
      event.preventDefault();
      this.toggle();
    }

    /** @param {MouseEvent} event */
    onPageClick(event) {
      const selector = this.option("modalOverrideOpenSelector");
      const target = event.target;
      if (!selector || !(target instanceof Element) || !quietly(() => target.closest(selector))) return;
      event.preventDefault();
      this.open();
    }

    // -- searching while typing

    /** @param {string} query */
    search(query) {
      this.lookup.abort();
      if (this.results?.hidden || query.length < 2 || triesLeft() < TRIES) return;
      const lookup = (this.lookup = new AbortController());
      pause(200, lookup.signal).then(async () => {
        if (lookup.signal.aborted) return;
        const body = { query: query.slice(0, 500), product: this.scope().product, k: 6 };
        const reply = await request(this.api("search"), { body, signal: lookup.signal });
        const { hits } = await reply.json();
        if (!lookup.signal.aborted) this.drawResults(query, hits);
      }).catch(() => {}); // the reader can still ask
    }

    /** @param {string} query
     * @param {Hit[]} hits */
    drawResults(query, hits) {
      const keydown = (/** @type {KeyboardEvent} */ event) => this.onResultKey(event);
      const ask = el("button", { type: "button", class: "row ask", keydown, click: () => this.ask(query) },
        icon("chat"), el("span", {}, this.t("ask_this", query)));
      const entries = hits.map((hit) => {
        const inner = [icon("page"), el("span", {}, el("strong", {}, hit.title), el("small", {}, hit.excerpt))];
        const props = { class: "row", keydown, click: () => this.emit("onSearchResultClick", { title: hit.title, url: hit.url }) };
        if (hostOf(hit.url)) return el("li", {}, link(hit.url, props, ...inner));
        return el("li", {}, el("button", { ...props, type: "button", click: () => this.ask(hit.title) }, ...inner));
      });
      const label = hits.length ? this.t("pages") : this.t("none_found");
      this.results?.replaceChildren(ask, el("p", { class: "label" }, label), el("ul", {}, ...entries));
      if (hits.length) this.announce("found", String(hits.length));
    }

    // -- asking

    /** @param {string} text */
    async ask(text) {
      const question = text.trim();
      if (!question || this.asking) return;
      const stopper = (this.asking = new AbortController());
      this.lookup.abort();
      this.mode = "ask";
      const turn = new Turn(this, question);
      const conversation = this.conversation();
      this.turns = [...this.turns.filter((entry) => entry.element.isConnected), turn];
      this.thread?.append(turn.element);
      this.type("");
      this.announce("searching");
      this.scrollToEnd();
      this.emit("onAskAIQuerySubmit", { question });
      const body = {
        question, ...this.scope(), conversation, page_url: (location.origin + location.pathname).slice(0, 2000),
        site: this.option("siteId") || "", blocks: true,
      };
      try {
        await ask(this.api("ask"), body, stopper, (name, data) => this.onEvent(turn, name, data));
      } catch (error) {
        this.onFailed(turn, stopper, error);
      }
      this.asking = null;
      this.show();
      if (this.dialog?.open || this.option("inline") === "") this.input?.focus({ preventScroll: true });
    }

    /** @param {Turn} turn
     * @param {string} name
     * @param {any} data */
    onEvent(turn, name, data) {
      if (name === "delta") turn.write(data);
      if (name !== "done") return;
      failures = [];
      turn.finish(data);
      remember(this);
      this.announce(data.outcome === "abstained" ? "abstained" : "ready");
      this.emit("onAskAIAnswerCompleted", { id: data.id, question: data.question, permalink: data.permalink, outcome: data.outcome });
    }

    /** @param {Turn} turn
     * @param {AbortController} stopper
     * @param {unknown} error */
    onFailed(turn, stopper, error) {
      if (error instanceof Failure) {
        turn.fail(error);
        this.announce(`fail_${error.kind}`, String(error.wait));
        if (error.kind === "not_found") this.turns.forEach((entry) => entry.answer && (entry.answer.conversation = ""));
      } else if (stopper.signal.aborted) {
        turn.stop();
        this.announce("stopped");
      } else {
        turn.fail(new Failure("error"));
        console.warn("Dayi:", error);
      }
    }

    conversation() {
      const answered = this.turns.filter((turn) => turn.answer);
      return answered.length ? /** @type {Answer} */ (answered[answered.length - 1].answer).conversation : "";
    }

    stop() {
      this.asking?.abort();
    }

    startAnew() {
      this.stop();
      this.turns = [];
      remember(this);
      this.thread?.replaceChildren();
      this.mode = "ask";
      this.type("");
      this.input?.focus();
    }
  }

  // ---- this tab's memory, from the first answer on

  const MAX_TURNS = 12;

  /** @param {DayiWidget} widget */
  const memoryKey = (widget) => `dayi:${widget.option("siteId") || ""}`;

  /** @param {DayiWidget} widget
   * @returns {Answer[]} */
  function recall(widget) {
    return quietly(() => JSON.parse(sessionStorage.getItem(memoryKey(widget)) || "[]"), true) || [];
  }

  /** @param {DayiWidget} widget */
  function remember(widget) {
    const answers = widget.turns.filter((turn) => turn.answer).map((turn) => turn.answer);
    quietly(() => sessionStorage.setItem(memoryKey(widget), JSON.stringify(answers.slice(-MAX_TURNS))), true);
  }

  // ---- small things

  /**
   * The result of an action; nothing, and a note for the site's owner, where it fails.
   * @template T
   * @param {() => T} action
   * @param {boolean} [expected] whether failing is nothing to note: storage may be forbidden or full
   * @returns {T | undefined}
   */
  function quietly(action, expected = false) {
    try {
      return action();
    } catch (error) {
      if (!expected) console.warn("Dayi:", error);
      return undefined;
    }
  }

  /** The element that has the focus, inside shadow trees too.
   * @returns {HTMLElement | null} */
  function deepFocus() {
    let active = document.activeElement;
    while (active && active.shadowRoot && active.shadowRoot.activeElement) active = active.shadowRoot.activeElement;
    return active instanceof HTMLElement && active !== document.body ? active : null;
  }

  /** What an address says by a pattern such as `/docs/{version}/`.
   * @param {string} pattern
   * @param {string} path
   * @returns {Record<string, string>} */
  function fromAddress(pattern, path) {
    if (!pattern) return {};
    const source = pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/]+)");
    return { ...quietly(() => new RegExp(source).exec(path)?.groups) };
  }

  /** A list as an attribute holds it: JSON, or separated by commas.
   * @param {string} [text]
   * @returns {string[]} */
  function listOf(text = "") {
    const values = text.trim().startsWith("[") ? quietly(() => JSON.parse(text)) || [] : text.split(/[,，]/);
    return values.map((/** @type {unknown} */ value) => String(value).trim()).filter(Boolean);
  }

  // ---- `Dayi(…)`: what the page's own scripts can do

  /** @type {Map<string, Set<(detail: object) => void>>} */
  const HANDLERS = new Map();
  /** @type {DayiWidget | null} */
  let launched = null;

  const current = () => launched || /** @type {DayiWidget | null} */ (document.querySelector("dayi-widget")) || launch();

  /** @type {Record<string, (...args: any[]) => void>} */
  const COMMANDS = {
    render: () => void current(),
    open: (options) => current().open(options),
    close: () => current().close(),
    toggle: () => current().toggle(),
    setContext: (context) => void Object.assign(current().context, context),
    unmount() {
      launched?.remove();
      launched = null;
    },
  };

  /** @param {string} name
   * @param {...any} args */
  function Dayi(name, ...args) {
    if (name in COMMANDS) quietly(() => COMMANDS[name](...args));
    else if (/^on[A-Z]/.test(name)) listen(name, args[0], args[1]);
    else console.warn(`Dayi: there is no command ${name}`);
  }

  /** @param {string} name
   * @param {(detail: object) => void} handler
   * @param {"add" | "remove"} [action] */
  function listen(name, handler, action = "add") {
    const handlers = HANDLERS.get(name) || new Set();
    HANDLERS.set(name, handlers);
    if (action === "remove") handlers.delete(handler);
    else handlers.add(handler);
  }

  /** Put the widget into the page, with the attributes of the script tag. */
  function launch() {
    const widget = /** @type {DayiWidget} */ (document.createElement("dayi-widget"));
    for (const name of OPTIONS) {
      const value = script?.dataset[name];
      if (value !== undefined) widget.dataset[name] = value;
    }
    launched = widget;
    document.body.append(widget);
    return widget;
  }

  function start() {
    const page = /** @type {any} */ (window);
    const queue = page.Dayi?.q || [];
    page.Dayi = Object.assign(Dayi, Object.fromEntries(Object.keys(COMMANDS).map((name) => [name, (/** @type {any[]} */ ...args) => Dayi(name, ...args)])));
    if (script?.dataset.siteId !== undefined && script.dataset.renderOnLoad !== "false") launch();
    for (const args of queue) Dayi(.../** @type {[string]} */ ([...args]));
    // Pages that swap their body on navigation keep their widget.
    new MutationObserver(() => {
      if (launched && !launched.isConnected && document.body) document.body.append(launched);
    }).observe(document.documentElement, { childList: true });
  }

  customElements.define("dayi-widget", DayiWidget);
  if (document.body) quietly(start);
  else document.addEventListener("DOMContentLoaded", () => quietly(start));
})();
