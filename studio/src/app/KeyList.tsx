import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Switch,
} from "@fluentui/react-components";
import { useState } from "react";

import { type Key, useT } from "../i18n";
import { setSingleKeys, singleKeys } from "./keys";
import { PLACES } from "./places";
import { useFocusBack } from "../kit/focus";

const KEYS: readonly [string, Key][] = [
  ["Ctrl K", "shell.search"],
  ["/", "keys.filter"],
  ["j k ↓ ↑", "keys.row"],
  ["x, Space", "keys.select"],
  ["Enter", "keys.open"],
  ["c", "keys.compare"],
  ["f", "keys.failed"],
  ["m", "keys.mine"],
  ["w", "keys.why"],
  ["[ ]", "keys.around"],
  ["Ctrl ← →", "keys.move"],
  ["Shift ← →", "keys.resize"],
  ["Ctrl Z, u", "keys.undo"],
  ["y", "keys.copy"],
  ["1 – 6", "keys.tabs"],
  ["b", "keys.baseline"],
  ["d", "keys.differences"],
  ["e", "keys.error"],
  ["a", "keys.alias"],
  ["s", "keys.act"],
  ["?", "keys.title"],
];

export default function KeyList({ close }: { close: () => void }) {
  const t = useT();
  useFocusBack();
  const [on, setOn] = useState(singleKeys());
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && close()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("keys.title")}</DialogTitle>
          <DialogContent>
            <dl className="keys">
              {KEYS.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <kbd>{key}</kbd>
                  </dt>
                  <dd>{t(what)}</dd>
                </div>
              ))}
              {PLACES.map((place) => (
                <div key={place.path}>
                  <dt>
                    <kbd>g {place.key}</kbd>
                  </dt>
                  <dd>{t(place.label)}</dd>
                </div>
              ))}
            </dl>
            <Switch
              checked={on}
              label={t("keys.single")}
              onChange={(_, { checked }) => {
                setSingleKeys(checked);
                setOn(checked);
              }}
            />
          </DialogContent>
          <DialogActions>
            <Button onClick={close}>{t("close")}</Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
