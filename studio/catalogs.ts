// Compiles the catalogs of messages (ICU) while building, so that no parser reaches the browser.
import { compileMessage } from "@lingui/message-utils/compileMessage";
import type { Plugin } from "vite";

export function catalogs(): Plugin {
  return {
    name: "zafiro-catalogs",
    enforce: "pre",
    transform(code, id) {
      if (!/\/src\/i18n\/\w+\.json$/.test(id)) return null;
      const messages: Record<string, string> = JSON.parse(code);
      const compiled = Object.fromEntries(
        Object.entries(messages).map(([key, text]) => [key, compileMessage(text)]),
      );
      return { code: `export default ${JSON.stringify(compiled)}`, moduleType: "js", map: null };
    },
  };
}
