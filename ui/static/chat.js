// The chat page's own script: language, theme, composer, sources, copying, ratings. Gradio carries questions and turns;
// the conversation lives in the page, and its capabilities in this tab's session storage.
"use strict";
(() => {
  const root = document.documentElement;
  const TEXTS = JSON.parse(document.getElementById("dayi-texts").textContent);
  const SESSION = "dayi.turns";
  const MAX_TURNS = 20;
  const params = new URLSearchParams(location.search);
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];

  // What the reader chose once stays; storage may be forbidden inside a frame.
  const recall = (store, key) => { try { return JSON.parse(store().getItem(key)); } catch { return null; } };
  const keep = (store, key, value) => { try { store().setItem(key, JSON.stringify(value)); } catch { /* not kept */ } };
  const local = () => localStorage;
  const session = () => sessionStorage;

  let language = pickLanguage();
  let send = null; // Gradio's triggers, once its part of the page stands
  let stopped = false; // the reader stopped the answer that is being written
  let products = [];
  let turns = recall(session, SESSION) || [];

  function pickLanguage() {
    const asked = params.get("lang") || recall(local, "dayi.language");
    if (asked in TEXTS) return asked;
    const known = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag in TEXTS);
    return known || "en";
  }

  const t = (key) => TEXTS[language][key] || key;

  function translate(from = document) {
    root.lang = language;
    document.title = t("title");
    for (const node of $$("[data-t]", from)) {
      if (node.textContent !== t(node.dataset.t)) node.textContent = t(node.dataset.t);
    }
    for (const node of $$("[data-t-label]", from)) node.setAttribute("aria-label", t(node.dataset.tLabel));
    for (const node of $$("[data-t-placeholder]", from)) node.placeholder = t(node.dataset.tPlaceholder);
  }

  function applyTheme(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  }
  document.addEventListener("DOMContentLoaded", () => translate());
  applyTheme(params.get("theme") || recall(local, "dayi.theme"));
  root.lang = language;
  root.dataset.page = "empty";

  const question = () => $("#question");
  const live = () => $("#dayi-live");
  const liveTurn = () => $("#dayi-live .turn");

  function fit() {
    const box = question();
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    $(".composer .send[type=submit]").disabled = !box.value.trim();
  }

  function setBusy(busy) {
    root.toggleAttribute("data-busy", busy);
    $(".composer .send[type=submit]").hidden = busy;
    $(".composer .stop").hidden = !busy;
  }

  // ---- products and examples

  async function loadProducts() {
    try {
      const reply = await fetch("/api/v1/products");
      if (reply.ok) products = (await reply.json()).products;
    } catch { /* the page works without them */ }
    const select = $("#product");
    for (const product of products) select.append(new Option(product.title, product.id));
    const wanted = params.get("product");
    if (products.some((product) => product.id === wanted)) select.value = wanted;
    showExamples();
  }

  function showExamples() {
    const chosen = $("#product").value;
    const own = products.filter((product) => !chosen || product.id === chosen);
    const lists = own.map((product) => product.examples[language] || []);
    const mixed = [];
    for (let i = 0; mixed.length < 4 && lists.some((list) => i < list.length); i++) {
      mixed.push(...lists.filter((list) => i < list.length).map((list) => list[i]));
    }
    $("#examples").replaceChildren(...mixed.slice(0, 4).map((text) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "example";
      button.textContent = text;
      item.append(button);
      return item;
    }));
    $(".examples").hidden = mixed.length === 0;
    const library = $("#library");
    library.textContent = `${t("library")}${products.map(({ title, documents }) => `${title} ${documents} ${t("documents")}`).join(" · ")}`;
    library.hidden = products.length === 0;
  }

  // ---- asking

  function ask(text) {
    text = text.trim();
    if (!text || !send || root.hasAttribute("data-busy")) return;
    settle();
    showQuestion(text);
    setBusy(true);
    question().value = "";
    fit();
    const last = turns.at(-1);
    send.ask({ question: text, product: $("#product").value, conversation: last ? last[2] : "", language });
  }

  // The finished turn joins the thread as a copy: the original belongs to Gradio, which draws the next turn over it.
  function settle() {
    const done = liveTurn();
    if (done) $(".thread").append(done.cloneNode(true));
  }

  function showQuestion(text) {
    stopped = false;
    root.dataset.page = "talk";
    const waiting = document.createElement("article");
    waiting.className = "turn";
    waiting.dataset.state = "writing";
    const heading = document.createElement("h2");
    heading.className = "question";
    heading.textContent = text;
    const status = document.createElement("p");
    status.className = "status";
    status.innerHTML = '<span class="pulse"></span>';
    status.append(t("searching"));
    waiting.append(heading, status);
    $(".waiting")?.remove();
    const slot = document.createElement("div");
    slot.className = "waiting";
    slot.append(waiting);
    $(".thread").append(slot);
    root.toggleAttribute("data-stale", true);
    slot.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
  }

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function onLive() {
    const turn = liveTurn();
    if (!turn) return;
    $(".waiting")?.remove();
    root.removeAttribute("data-stale");
    const state = turn.dataset.state;
    if (stopped && state === "writing") showStopped(turn);  // drawn before the server heard of the stop
    if (state === "writing" || turn.dataset.seen === turn.dataset.answer + state) return;
    turn.dataset.seen = turn.dataset.answer + state;
    setBusy(false);
    if (state === "done") {
      turns = [...turns, [turn.dataset.answer, turn.dataset.token, turn.dataset.conversation]].slice(-MAX_TURNS);
      keep(session, SESSION, turns);
      decorate(turn);
    }
    if (state === "failed" && !question().value) question().value = $(".question", turn).textContent; // to try again
    question().dataset.tPlaceholder = "placeholder_more";
    question().placeholder = t("placeholder_more");
    fit();
  }

  function stop() {
    send.stop();
    setBusy(false);
    $(".waiting")?.remove();
    stopped = true;
    const turn = liveTurn();
    if (turn && turn.dataset.state === "writing") showStopped(turn);
    root.removeAttribute("data-stale");
  }

  function showStopped(turn) {
    turn.dataset.state = "stopped";
    const status = $(".status", turn);
    if (status) status.textContent = t("stopped");
  }

  function startAnew() {
    if (root.hasAttribute("data-busy")) stop();
    turns = [];
    keep(session, SESSION, turns);
    location.assign(location.pathname);
  }

  // ---- a finished turn

  function decorate(from) {
    for (const pre of $$(".answer .written pre, .context pre", from)) {
      if ($(".copy", pre)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.dataset.do = "copy-code";
      button.textContent = t("copy");
      button.dataset.t = "copy";
      pre.append(button);
    }
  }

  function openSource(link) {
    const details = $(`[id="${CSS.escape(link.hash.slice(1))}"]`, link.closest(".turn"));
    if (!details) return;
    details.open = true;
    details.classList.remove("flash");
    void details.offsetWidth; // restart the animation
    details.classList.add("flash");
    const panel = details.closest(".sources");
    const behavior = calm() ? "auto" : "smooth";
    if (getComputedStyle(panel).position === "sticky") {
      // The panel has its own scroll bar beside the answer: what the reader was reading stays in place.
      panel.scrollTo({ top: details.offsetTop - panel.offsetTop - 24, behavior });
    } else {
      details.scrollIntoView({ block: "start", behavior });
    }
    $("summary", details).focus({ preventScroll: true });
  }

  async function copy(button, text) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return;
    }
    const label = $("[data-t]", button) || button;
    const key = label.dataset.t;
    label.textContent = t("copied");
    setTimeout(() => { label.textContent = t(key); }, 1500);
  }

  async function rate(turn, rating, reasons = [], comment = "") {
    const { answer, token } = turn.dataset;
    const said = $(".said", turn);
    try {
      const reply = await fetch("/api/v1/feedback", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ answer, token, rating, reasons, comment }),
      });
      if (!reply.ok) throw new Error(String(reply.status));
      for (const button of $$(".action[aria-pressed]", turn)) {
        button.setAttribute("aria-pressed", String(button.dataset.do === rating));
      }
      said.dataset.t = rating === "good" ? "thanks" : "thanks_bad";
    } catch {
      said.dataset.t = "not_sent";
    }
    said.textContent = t(said.dataset.t);
  }

  async function forget(button, turn) {
    const { answer, token } = turn.dataset;
    const label = $("[data-t]", button);
    if (label.dataset.t === "delete") { // the second click is meant
      say(label, "delete_sure");
      setTimeout(() => say(label, "delete"), 5000);
      return;
    }
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const reply = await fetch(`/api/v1/answers/${encodeURIComponent(answer)}`, { method: "DELETE", headers });
      if (!reply.ok && reply.status !== 410) throw new Error(String(reply.status));
      turns = turns.filter(([id]) => id !== answer);
      keep(session, SESSION, turns);
      location.assign(location.pathname);
    } catch {
      say($(".said", turn), "not_sent");
    }
  }

  function say(element, key) {
    element.dataset.t = key;
    element.textContent = t(key);
  }

  // ---- events of the page

  const ACTIONS = {
    good(button, turn) { $(".feedback", turn).hidden = true; rate(turn, "good"); },
    bad(button, turn) {
      $(".feedback", turn).hidden = false;
      $(".feedback", turn).scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
      rate(turn, "bad");
    },
    delete: forget,
    "copy-answer": (button, turn) => copy(button, [$(".question", turn).textContent, turn.dataset.markdown.trim(),
      $(".permalink", turn).href].join("\n\n")),
    "copy-code": (button) => copy(button, $("code", button.parentElement)?.textContent || ""),
    new: startAnew,
    stop,
    language() {
      language = language === "zh" ? "en" : "zh";
      keep(local, "dayi.language", language);
      translate();
      showExamples();
    },
    theme() {
      const dark = getComputedStyle(root).colorScheme.includes("dark")
        && (root.dataset.theme === "dark" || (!root.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches));
      applyTheme(dark ? "light" : "dark");
      keep(local, "dayi.theme", root.dataset.theme);
    },
  };

  document.addEventListener("click", (event) => {
    const cite = event.target.closest("a.cite");
    if (cite) {
      event.preventDefault();
      openSource(cite);
      return;
    }
    const related = event.target.closest("a.ask");
    if (related && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault(); // the conversation stays; the title becomes the next question to send
      question().value = related.textContent;
      fit();
      question().focus();
      return;
    }
    const example = event.target.closest(".example");
    if (example) {
      ask(example.textContent);
      return;
    }
    const button = event.target.closest("[data-do]");
    if (button) ACTIONS[button.dataset.do](button, button.closest(".turn"));
  });

  document.addEventListener("submit", (event) => {
    event.preventDefault();
    if (event.target.matches(".composer")) ask(question().value);
    if (event.target.matches(".feedback")) {
      const form = new FormData(event.target);
      rate(event.target.closest(".turn"), "bad", form.getAll("reasons"), form.get("comment").slice(0, 4000));
      event.target.hidden = true;
    }
  });

  document.addEventListener("keydown", (event) => {
    // Enter inside an input method chooses a word; it must not send the question. Safari tells by the code alone.
    const isComposing = event.isComposing || event.keyCode === 229;
    if (event.target.id === "question" && event.key === "Enter" && !event.shiftKey && !isComposing) {
      event.preventDefault();
      ask(question().value);
    }
  });

  document.addEventListener("input", (event) => { if (event.target.id === "question") fit(); });
  document.addEventListener("change", (event) => { if (event.target.id === "product") showExamples(); });

  // Gradio shows its part some frames after drawing it; what is hidden takes no focus.
  function focusQuestion(tries = 120) {
    question().focus();
    if (document.activeElement === document.body && tries > 0) requestAnimationFrame(() => focusQuestion(tries - 1));
  }

  // ---- called by Gradio when the composer stands; the other parts are drawn before it or soon after

  function whenDrawn(action) {
    if ($("#question") && $(".thread") && live() && $("#dayi-top .bar")) action();
    else requestAnimationFrame(() => whenDrawn(action));
  }

  function connect(triggers) {
    send = triggers;
    whenDrawn(() => {
      translate();
      question().value = params.get("q") || "";
      fit();
      loadProducts();
      new MutationObserver(onLive).observe(live(), { childList: true, subtree: true, attributes: true });
      new MutationObserver(() => {
        if (!$("#dayi-restored .turn")) return;
        root.dataset.page = "talk";
        decorate($("#dayi-restored"));
      }).observe($("#dayi-restored"), { childList: true, subtree: true });
      if (turns.length) send.restore({ turns, language });
      $("#dayi-boot").remove();
      root.dataset.ready = "";
      if (matchMedia("(hover: hover)").matches) focusQuestion();
    });
  }

  window.dayi = { connect };
})();
