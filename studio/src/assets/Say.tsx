import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
} from "@fluentui/react-components";
import { useState } from "react";

import type { Asset } from "../api/client";
import { useT } from "../i18n";
import { useChangeAsset } from "./change";

interface Props {
  ws: string;
  asset: Asset;
  close: () => void;
}

/** Description and tags of one version; tags one a line, as name: value. */
export default function Say({ open, ...props }: Props & { open: boolean }) {
  return (
    <Dialog open={open} onOpenChange={(_, { open: on }) => !on && props.close()}>
      <DialogSurface>
        <Body {...props} />
      </DialogSurface>
    </Dialog>
  );
}

function Body(props: Props) {
  const t = useT();
  const { asset } = props;
  const [description, setDescription] = useState(asset.description ?? "");
  const [tags, setTags] = useState(
    Object.entries(asset.tags)
      .map(([key, text]) => `${key}: ${text}`)
      .join("\n"),
  );
  const change = useChangeAsset(props.ws, asset.kind, asset.name);
  const save = () => {
    const lines = tags.split("\n").filter((line) => line.trim());
    const found = lines.map((line): [string, string] => {
      const at = line.indexOf(":");
      return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
    });
    change.mutate(
      { version: asset.version, change: { description, tags: Object.fromEntries(found) } },
      { onSuccess: props.close },
    );
  };
  return (
    <DialogBody>
      <DialogTitle>{t("assets.edit.of", { name: `${asset.name}:${asset.version}` })}</DialogTitle>
      <DialogContent className="say">
        <label>
          {t("job.description")}
          <textarea
            rows={3}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <label>
          {t("assets.tags.lines")}
          <textarea rows={6} value={tags} onChange={(event) => setTags(event.target.value)} />
        </label>
      </DialogContent>
      <DialogActions>
        <Button appearance="primary" disabled={change.isPending} onClick={save}>
          {t("assets.save")}
        </Button>
        <Button onClick={props.close}>{t("close")}</Button>
      </DialogActions>
    </DialogBody>
  );
}
