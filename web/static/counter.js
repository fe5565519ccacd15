// What the counter does beyond forms and htmx: the keypad, the sound of a payment, and a
// screen that stays awake while a code is shown.
(function () {
  "use strict";

  var typedKey = "rieltime counter ";

  function keypad() { return document.querySelector("form[data-keypad]"); }
  function sale() { return document.querySelector("[data-sale]"); }

  // What is typed outlives a lost connection and a closed page, until its sale is made.
  function keep(form) {
    try {
      sessionStorage.setItem(typedKey + form.dataset.keypad, JSON.stringify([form.elements.amount.value, form.elements.note.value]));
    } catch (e) { /* a browser that keeps nothing */ }
  }

  function restore(form) {
    var fields = [form.elements.amount, form.elements.note];
    if (fields[0].value || fields[1].value) { return; }
    try {
      var typed = JSON.parse(sessionStorage.getItem(typedKey + form.dataset.keypad) || "[]");
      fields.forEach(function (field, i) { field.value = typed[i] || ""; });
    } catch (e) { /* nothing was kept */ }
  }

  function forget(saleURL) {
    try {
      sessionStorage.removeItem(typedKey + saleURL.slice(0, saleURL.lastIndexOf("/")));
    } catch (e) { /* nothing was kept */ }
  }

  function press(input, key) {
    var text = input.value;
    if (key === "erase") {
      input.value = text.slice(0, -1);
      return;
    }
    if (key === "." && text.indexOf(".") >= 0) { return; }
    if (key === "." && !text) { text = "0"; }
    if (/\.\d\d/.test(text) || text.length + key.length > 12) { return; }
    if (key === "000" && (!text || text === "0" || text.indexOf(".") >= 0)) { return; }
    input.value = text === "0" && key !== "." ? key : text + key;
  }

  function prepareKeypad(form) {
    if (form.dataset.ready) { return; }
    form.dataset.ready = "yes";
    form.querySelectorAll("[data-keys]").forEach(function (part) { part.hidden = false; });
    if (window.matchMedia("(pointer: coarse)").matches) { form.elements.amount.inputMode = "none"; }
    restore(form);
    form.addEventListener("input", function () { keep(form); });
    form.addEventListener("click", function (event) {
      var key = event.target.closest("[data-key]");
      if (!key) { return; }
      press(form.elements.amount, key.dataset.key);
      keep(form);
    });
  }

  // Browsers let a page sound only after it was touched: the context is made by the first
  // touch of the keypad, and the page stays the same one until the sale is paid.
  var audio = null;
  ["pointerdown", "keydown"].forEach(function (kind) {
    document.addEventListener(kind, function () {
      var Context = window.AudioContext || window.webkitAudioContext;
      if (!Context || !(keypad() || sale())) { return; }
      audio = audio || new Context();
      if (audio.state === "suspended") { audio.resume(); }
    });
  });

  function tone(frequency, from, seconds) {
    var oscillator = audio.createOscillator(), gain = audio.createGain(), start = audio.currentTime + from;
    oscillator.frequency.value = frequency;
    gain.gain.setValueAtTime(0.0001, start);
    gain.gain.exponentialRampToValueAtTime(0.5, start + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0001, start + seconds);
    oscillator.connect(gain).connect(audio.destination);
    oscillator.start(start);
    oscillator.stop(start + seconds);
  }

  function sound() {
    if (navigator.vibrate) { navigator.vibrate([120, 60, 240]); }
    if (!audio || audio.state !== "running") { return; }
    tone(784, 0, 0.25);
    tone(1175, 0.18, 0.5);
  }

  var lock = null;
  function stayAwake(wanted) {
    if (!navigator.wakeLock) { return; }
    if (!wanted) {
      if (lock) { lock.release(); lock = null; }
      return;
    }
    if (lock && !lock.released || document.visibilityState !== "visible") { return; }
    navigator.wakeLock.request("screen").then(function (granted) { lock = granted; }, function () { /* the battery is low */ });
  }

  // A payment sounds only on the page that showed the same sale unpaid.
  var shown = { url: "", state: "" };
  function follow(part) {
    var url = part.dataset.sale, state = part.dataset.state;
    if (state === "paid" && shown.url === url && shown.state !== "paid") { sound(); }
    shown = { url: url, state: state };
    forget(url);
    if (location.pathname !== url) { history.pushState(null, "", url); }
    stayAwake(state !== "paid" && state !== "closed");

    var share = part.querySelector("[data-share]");
    if (share && navigator.share) { share.hidden = false; }
  }

  // "Back" leads from a sale to the keypad that it was made on, which is not kept.
  window.addEventListener("popstate", function () {
    var part = sale(), form = keypad(), path = part ? part.dataset.sale : form ? form.dataset.keypad : "";
    if (path && location.pathname !== path) { location.reload(); }
  });

  // Forms that are long to type are kept in the same way, until what they were for is done.
  function keepForm(form) {
    var kept = {};
    form.querySelectorAll("input[type=text], textarea").forEach(function (field) { kept[field.name] = field.value; });
    try { sessionStorage.setItem(typedKey + form.dataset.keep, JSON.stringify(kept)); } catch (e) { /* a browser that keeps nothing */ }
  }

  function prepareKept(form) {
    if (form.dataset.ready) { return; }
    form.dataset.ready = "yes";
    form.addEventListener("input", function () { keepForm(form); });
    try {
      var kept = JSON.parse(sessionStorage.getItem(typedKey + form.dataset.keep) || "{}");
      form.querySelectorAll("input[type=text], textarea").forEach(function (field) { field.value = field.value || kept[field.name] || ""; });
    } catch (e) { /* nothing was kept */ }
  }

  function forgetKept(part) {
    try { sessionStorage.removeItem(typedKey + part.dataset.forget); } catch (e) { /* nothing was kept */ }
  }

  function prepare() {
    document.querySelectorAll("form[data-keep]").forEach(prepareKept);
    document.querySelectorAll("[data-forget]").forEach(forgetKept);
    if (keypad()) { prepareKeypad(keypad()); }
    if (sale()) { follow(sale()); } else { stayAwake(!!document.querySelector("[data-display]")); }
  }
  prepare();
  document.addEventListener("htmx:afterSwap", prepare);
  document.addEventListener("visibilitychange", prepare);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-share]");
    if (button) { navigator.share({ text: button.dataset.shareText, url: button.dataset.share }).catch(function () { /* closed */ }); }
  });

  // A form that was refused shows why.
  document.addEventListener("htmx:beforeSwap", function (event) {
    var status = event.detail.xhr.status;
    if (event.detail.target.id === "counter" && (status === 409 || status === 422)) { event.detail.shouldSwap = true; }
  });

  function showOffline(offline) {
    document.querySelectorAll("[data-offline]").forEach(function (notice) { notice.hidden = !offline; });
  }
  ["htmx:sendError", "htmx:timeout"].forEach(function (kind) {
    document.addEventListener(kind, function () { showOffline(true); });
  });
  document.addEventListener("htmx:responseError", function (event) { if (event.detail.xhr.status >= 500) { showOffline(true); } });
  document.addEventListener("htmx:afterRequest", function (event) { if (event.detail.successful) { showOffline(false); } });

  // The page that says that there is no connection tries again when there is one.
  if (document.querySelector("[data-offline-page]")) {
    window.addEventListener("online", function () { location.reload(); });
  } else if (navigator.serviceWorker && (keypad() || sale())) {
    navigator.serviceWorker.register("/dashboard/worker.js", { scope: "/dashboard" }).catch(function () { /* not over HTTPS, or private */ });
  }
})();
