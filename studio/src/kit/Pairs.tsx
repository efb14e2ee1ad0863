/** Names and what they stand for. */
export function Pairs(props: { pairs: Record<string, string>; none: string; label: string }) {
  const found = Object.entries(props.pairs);
  if (found.length === 0) return <p className="quiet">{props.none}</p>;
  return (
    <table className="plain pairs" aria-label={props.label}>
      <tbody>
        {found.map(([key, text]) => (
          <tr key={key}>
            <th scope="row">
              <bdi>{key}</bdi>
            </th>
            <td>
              <bdi>{text}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
