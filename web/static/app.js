// What the checkout page does beyond plain links, forms and htmx. Without it
// everything still works.
(function () {
  "use strict";
  var doc = document;

  function one(selector) { return doc.querySelector(selector); }
  function each(root, selector, fn) { Array.prototype.forEach.call(root.querySelectorAll(selector), fn); }
  function store(area, key, value) {
    try {
      if (value !== undefined) { window[area].setItem(key, value); }
      return window[area].getItem(key);
    } catch (blocked) { return null; }
  }

  // Time that has passed, by a clock that nobody can set: the device's own may be
  // put right while the page is open.
  function now() { return window.performance.now(); }

  // Asking at once, and again after a failure.
  var failures = 0, lastAsked = -Infinity, retry;
  function ask() {
    var status = one("#status[hx-get], main[hx-get]");
    if (!status || leaving() || now() - lastAsked < 1000) { return; }
    lastAsked = now();
    if (window.htmx) { window.htmx.trigger(status, "poll"); } else { location.reload(); }
  }
  function failed(event) {
    failures += 1;
    if (event.target.matches("form")) { release(); }
    clearTimeout(retry);
    retry = setTimeout(ask, Math.min(60, 2 * Math.pow(2, failures)) * 1000);
  }
  function release() {
    each(doc, "form[data-sent]", function (form) {
      delete form.dataset.sent;
      each(form, "button", function (button) { button.removeAttribute("aria-disabled"); });
    });
  }

  // While a form takes the buyer away, no answer to an earlier question may: to
  // reload the page would keep the buyer here. A form that leads nowhere is
  // given up.
  var leftAt = -Infinity, patience = 30000;
  function leaving() { return now() - leftAt < patience; }
  function leave() {
    leftAt = now();
    setTimeout(ask, patience + 1000);
  }
  function stay(event) {
    if (leaving() && event.target.id === "status") { event.preventDefault(); }
  }
  doc.addEventListener("htmx:beforeRequest", stay);
  doc.addEventListener("htmx:beforeOnLoad", stay);

  function online(yes) {
    var bar = one("#offline");
    bar.hidden = yes;
    bar.textContent = yes ? "" : bar.dataset.text;
  }
  doc.addEventListener("visibilitychange", function () { if (!doc.hidden) { ask(); } });
  window.addEventListener("online", function () { online(true); ask(); });
  window.addEventListener("offline", function () { online(false); });
  doc.addEventListener("htmx:sendError", function (event) { online(false); failed(event); });
  doc.addEventListener("htmx:timeout", failed);
  doc.addEventListener("htmx:responseError", failed);
  doc.addEventListener("htmx:afterOnLoad", function (event) {
    online(true);
    if (event.detail.failed) { return; } // it was answered, but by an error
    failures = 0;
    clearTimeout(retry);
    correctCountdown(event.detail.xhr.getResponseHeader("Rieltime-Seconds-Left"));
    var status = one("#status[hx-get]");
    if (status && event.detail.xhr.status === 204) { retry = setTimeout(ask, Number(status.dataset.seconds) * 1000); } // nothing has changed
  });

  function announce(text) {
    if (one("#announce").textContent !== text) { one("#announce").textContent = text; }
  }

  // A swap keeps what the buyer is typing and the focus inside the page, and is
  // announced once.
  var hadFocus = false, typed = [];
  doc.addEventListener("htmx:beforeSwap", function (event) {
    var main = event.detail.target, focused = doc.activeElement;
    hadFocus = main.id === "checkout" && main.contains(focused);
    typed = [];
    each(main, "details[open] input[id]", function (input) {
      typed.push({ before: input, focused: input === focused, from: input.selectionStart, to: input.selectionEnd });
    });
  });
  doc.addEventListener("htmx:afterSwap", function () {
    typed.forEach(function (field) {
      var input = doc.getElementById(field.before.id);
      if (!input) { return; }
      input.value = field.before.value;
      input.checked = field.before.checked;
      input.closest("details").open = true;
      if (!field.focused) { return; }
      input.focus();
      if (field.from !== null) { input.setSelectionRange(field.from, field.to); }
    });
    typed = [];
  });
  doc.addEventListener("htmx:afterSettle", function () {
    var main = one("#checkout");
    if (main.dataset.ready) { return; }
    setup(main);
    doc.title = main.dataset.title;
    announce(main.dataset.announce);
    if (hadFocus && !main.contains(doc.activeElement)) { one("#title").focus(); }
  });

  // The end of the time to pay changes beside a choice that is left alone.
  var limitBefore = {};
  doc.addEventListener("htmx:oobBeforeSwap", function () {
    var limit = one("#limit");
    limitBefore = { text: limit.dataset.announce, hadFocus: limit.contains(doc.activeElement) };
  });
  doc.addEventListener("htmx:oobAfterSwap", function () {
    var limit = one("#limit");
    if (limit.dataset.announce !== limitBefore.text) { announce(limit.dataset.announce); }
    if (limitBefore.hadFocus) { limit.focus(); }
  });

  // Countdowns run on the server's number of seconds.
  function clock(seconds) {
    return Math.floor(seconds / 60) + ":" + ("0" + seconds % 60).slice(-2);
  }
  function countdown(element, seconds, show, done) {
    var end = now() + seconds * 1000, over = false;
    function tick() {
      if (!element.isConnected) { clearInterval(timer); return; }
      noticeSleep();
      var left = Math.max(0, Math.ceil((end - now()) / 1000));
      show(left);
      if (left === 0 && !over) { over = true; done(); }
    }
    var timer = setInterval(tick, 1000);
    return {
      stop: function () { clearInterval(timer); },
      correct: function (seconds) {
        var right = now() + seconds * 1000;
        if (Math.abs(right - end) < 1500) { return; } // as the answer was rounded and took its way
        end = right;
        over = false;
        tick();
      }
    };
  }

  // Each answer to a poll, the empty one too, says how long the code is good for:
  // the monotonic clock may stand still while the device sleeps. That it did, or
  // that the device's clock was set, shows by their difference.
  var codeCountdown, difference = Date.now() - now();
  function correctCountdown(seconds) {
    if (codeCountdown && seconds) { codeCountdown.correct(Number(seconds)); }
  }
  function noticeSleep() {
    var before = difference;
    difference = Date.now() - now();
    if (Math.abs(difference - before) > 2000) { ask(); }
  }

  function returnSoon(box) {
    var line = box.querySelector("span");
    function show(left) { line.textContent = box.dataset.text.replace("{seconds}", left); }
    box.dataset.on = "1";
    show(Number(box.dataset.seconds));
    var timer = countdown(box, Number(box.dataset.seconds), show, function () { location.assign(box.dataset.return); });
    function stay() { timer.stop(); box.hidden = true; }
    box.querySelector("button").addEventListener("click", stay);
    window.addEventListener("beforeprint", stay);
    var form = one("[data-stays]"); // nobody is taken away while typing into it
    if (form) { form.addEventListener("toggle", stay); }
  }

  // Copying by one tap; where the browser does not let us, the text itself is
  // opened and selected, for the buyer to copy.
  function copy(box) {
    var summary = box.querySelector("summary"), label = summary.querySelector("span"), text = box.querySelector(".text");
    function done() {
      var before = label.textContent;
      label.textContent = one("#announce").textContent = box.dataset.done;
      setTimeout(function () { label.textContent = before; }, 2000);
    }
    function byHand() {
      box.open = true;
      text.focus();
      window.getSelection().selectAllChildren(text);
      var copied = false;
      try { copied = doc.execCommand("copy"); } catch (refused) { /* the text stays selected */ }
      if (copied) { done(); } else { announce(box.dataset.byHand); }
    }
    summary.addEventListener("click", function (event) {
      if (box.open) { return; } // closes it
      event.preventDefault();
      if (!navigator.clipboard) { byHand(); return; }
      navigator.clipboard.writeText(box.dataset.copy).then(done, byHand);
    });
  }

  // A form that goes to a provider is sent once: coming back must not send it again.
  function handOff(form) {
    var parts = [form.action];
    each(form, "input", function (input) { parts.push(input.value); });
    var what = parts.join("\n");
    if (store("sessionStorage", "handoff") === what) { return; }
    store("sessionStorage", "handoff", what);
    leave();
    form.requestSubmit ? form.requestSubmit() : form.submit();
  }

  // The bank app chosen last comes first.
  function banks(root) {
    var last = store("localStorage", "bank");
    each(root, "[data-bank]", function (link) {
      if (last && link.dataset.bank === last) { link.parentNode.prepend(link); }
      link.addEventListener("click", function () { store("localStorage", "bank", link.dataset.bank); });
    });
  }

  // Logos come after everything that is needed to pay; our drawings stay where
  // one does not come, or data is dear.
  function logos(root) {
    if (navigator.connection && navigator.connection.saveData) { return; }
    each(root, "[data-logo]", function (badge) {
      var img = new Image();
      img.alt = "";
      img.onload = function () { badge.replaceChildren(img); };
      img.src = badge.dataset.logo;
    });
  }

  // A picture can be saved by pressing and holding it, a drawing cannot. It takes
  // the drawing's place when it has come.
  function picture(root) {
    each(root, ".card:not(.expired)[data-png]", function (card) {
      var area = card.querySelector(".code-area"), img = new Image();
      if (!card.dataset.png) { return; }
      img.alt = area.getAttribute("aria-label");
      img.onload = function () { area.removeAttribute("role"); area.removeAttribute("aria-label"); area.replaceChildren(img); };
      img.src = card.dataset.png;
    });
  }

  function setup(root) {
    root.dataset.ready = "1";
    each(root, "[data-countdown]", function (element) {
      codeCountdown = countdown(element, Number(element.dataset.countdown), function (left) { element.textContent = clock(left); }, ask);
    });
    each(root, "[data-return]", returnSoon);
    each(root, "[data-copy]", copy);
    each(root, "[data-print]", function (button) {
      button.dataset.on = "1";
      button.addEventListener("click", function () { window.print(); });
    });
    each(root, "form[data-autosubmit]", handOff);
    banks(root);
    function pictures() { picture(root); logos(root); }
    if (doc.readyState === "complete") { pictures(); } else { window.addEventListener("load", pictures); }
    var status = one("#status[hx-get]");
    if (status && !window.htmx) { setTimeout(ask, Number(status.dataset.seconds) * 1000); }
  }

  // A second tap must not start a second payment.
  doc.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    if (!event.defaultPrevented) { leave(); }
    each(form, "button", function (button) { button.setAttribute("aria-disabled", "true"); });
  });
  window.addEventListener("pageshow", function (event) {
    if (!event.persisted) { return; }
    leftAt = -Infinity;
    release();
    ask();
  });

  setup(one("#checkout"));
}());
