import base from "../../playwright.config.js";

export default { ...base, testDir: ".", testMatch: "*.failing.js", reporter: "json" };
