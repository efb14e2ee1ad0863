import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { constants, gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

import { catalogs } from "./catalogs.ts";

const out = "../src/zafiro/studio/static";

/** What the server sends as it is: each text packed once, while building. */
function packed(): Plugin {
  return {
    name: "zafiro-packed",
    apply: "build",
    closeBundle() {
      for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|html|svg)$/.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const level = constants.Z_BEST_COMPRESSION;
        writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level }));
      }
    },
  };
}

export default defineConfig({
  base: "/studio/",
  plugins: [catalogs(), react(), packed()],
  build: {
    outDir: out,
    emptyOutDir: true,
    manifest: "manifest.json",
    sourcemap: false,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        // What every page needs in few files: each costs a request before anything is seen.
        codeSplitting: {
          groups: [
            {
              name: "base",
              test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|@tanstack\/(react-router|router-core|history|react-store|store|react-query|query-core)|@lingui|openapi-fetch|@griffel|@fluentui\/(react-(button|provider|theme|shared-contexts|jsx-runtime)|tokens)|keyborg)\/|src\/(api\/(client|live|patch|queries|stream)|app\/(Failed|Mark|Shell|Themed|keys|places|router|theme)|i18n\/index|kit\/(states|title|toasts|Status|time))\.tsx?$|fluentui\/react-icons\/lib\/utils/,
            },
            {
              name: "controls",
              test: /node_modules\/@fluentui\/react-(utilities|context-selector|field|label)\//,
            },
            {
              name: "focus",
              test: /node_modules\/(@fluentui\/react-tabster|tabster)\//,
            },
            {
              name: "popover",
              test: /src\/kit\/(RunTable|Why)\.tsx?$|node_modules\/(@floating-ui|@fluentui\/react-(popover|portal|positioning))\//,
            },
          ],
        },
      },
    },
  },
  server: { proxy: { "/studio/api": process.env.ZAFIRO_STUDIO_URL ?? "http://127.0.0.1:8445" } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
