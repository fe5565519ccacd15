// What the dashboard does beyond plain links, forms and htmx. Without it everything
// still works.
(function () {
  "use strict";

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", function (event) {
    if (event.defaultPrevented) { return; }
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    if (event.submitter && event.submitter.dataset.wait) { event.submitter.textContent = event.submitter.dataset.wait; }
    if (event.submitter && event.submitter.dataset.progress) { showProgress(event.submitter.dataset.progress); }
    window.addEventListener("pageshow", function () { delete form.dataset.sent; }, { once: true });
  });

  // How far the work is that a form has begun, while its answer is waited for.
  function showProgress(address) {
    var bar = document.querySelector("progress");
    var timer = setInterval(function () {
      fetch(address, { headers: { Accept: "application/json" } }).then(function (answer) { return answer.ok ? answer.json() : {}; }).then(function (known) {
        if (!known.total) { return; }
        bar.hidden = false;
        bar.max = known.total;
        bar.value = known.done;
      }).catch(function () {}); // the next one may come
    }, 1000);
    window.addEventListener("pagehide", function () { clearInterval(timer); }, { once: true });
  }

  // Buttons that copy a text are there only where they can.
  function showCopyButtons() {
    if (!navigator.clipboard) { return; }
    document.querySelectorAll("button[data-copy][hidden]").forEach(function (button) { button.hidden = false; });
  }
  showCopyButtons();
  document.addEventListener("htmx:afterSwap", showCopyButtons);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button[data-copy]");
    if (!button) { return; }
    navigator.clipboard.writeText(button.dataset.copy).then(function () { button.textContent = button.dataset.copied; });
  });

  // A text to copy is selected as a whole.
  document.addEventListener("focusin", function (event) {
    if (event.target.matches(".copy input")) { event.target.select(); }
  });

  // Printing needs a script; without one the browser's own menu does it.
  document.querySelectorAll("[data-print]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  // Passkeys: the server's JSON has bytes in base64url, as does what is sent back.
  function bytes(text) {
    return Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), function (c) { return c.charCodeAt(0); });
  }

  function text(buffer) {
    return btoa(String.fromCharCode.apply(null, new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function answerOf(credential) {
    var response = {}, from = credential.response;
    ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"].forEach(function (name) {
      if (from[name]) { response[name] = text(from[name]); }
    });
    if (from.getTransports) { response.transports = from.getTransports(); }
    return {
      id: credential.id, rawId: text(credential.rawId), type: credential.type, response: response, clientExtensionResults: {},
      authenticatorAttachment: credential.authenticatorAttachment || undefined
    };
  }

  // Where the answer leads to another page, that is opened, and nothing follows.
  function ask(address, body) {
    return fetch(address, {
      method: "POST", body: JSON.stringify(body), credentials: "same-origin",
      headers: { "Content-Type": "application/json", "Accept": "application/json", "HX-Request": "true" }
    }).then(function (response) {
      var next = response.headers.get("HX-Redirect");
      if (next) {
        location.assign(next);
        return new Promise(function () {});
      }
      return response.json().then(function (answer) {
        if (!response.ok) { throw { message: answer.message }; }
        return answer;
      });
    });
  }

  function makePasskey(action, name) {
    return ask(action + "/options", { name: name }).then(function (options) {
      var key = options.publicKey;
      key.challenge = bytes(key.challenge);
      key.user.id = bytes(key.user.id);
      (key.excludeCredentials || []).forEach(function (one) { one.id = bytes(one.id); });
      return navigator.credentials.create({ publicKey: key });
    }).then(function (credential) {
      return ask(action, { name: name, credential: answerOf(credential) });
    });
  }

  function usePasskey(action, next) {
    return ask("/dashboard/passkeys/sign-in/options", {}).then(function (options) {
      options.publicKey.challenge = bytes(options.publicKey.challenge);
      return navigator.credentials.get({ publicKey: options.publicKey });
    }).then(function (credential) {
      return ask(action, { credential: answerOf(credential), next: next });
    });
  }

  // The reason of a refusal is the server's text; of the browser's own errors, such as a
  // question that was closed, there is one text.
  function attempt(place, button, start) {
    var problem = place.querySelector("[role=alert]");
    problem.hidden = button.disabled = true;
    start().catch(function (error) {
      problem.textContent = !(error instanceof Error) && error.message || place.dataset.failed;
      problem.hidden = button.disabled = false;
    });
  }

  if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("[data-passkey]").forEach(function (place) {
      var button = place.querySelector("button");
      place.hidden = false;
      button.addEventListener("click", function () {
        attempt(place, button, function () { return usePasskey(place.dataset.passkey, place.dataset.next); });
      });
    });
    document.querySelectorAll("form[data-passkey-new]").forEach(function (form) {
      form.hidden = false;
      form.addEventListener("submit", function (event) {
        event.preventDefault();
        attempt(form, form.querySelector("button"), function () { return makePasskey(form.dataset.passkeyNew, form.querySelector("input").value); });
      });
    });
    document.querySelectorAll("[data-passkey-missing]").forEach(function (text) { text.hidden = true; });
    document.querySelectorAll("details[data-passkey-else]").forEach(function (other) { other.open = false; });
  }
})();
