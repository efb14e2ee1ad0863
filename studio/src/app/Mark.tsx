/** The mark: a cut stone. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 24 24" aria-hidden="true">
      <path fill="#0b7285" d="M7 3h10l5 6-10 12L2 9z" />
      <path fill="#3bb2c7" d="M7 3h10l-2 6H9zM9 9h6l-3 12z" />
      <path fill="#a5e1ea" d="M12 3l3 6H9z" />
    </svg>
  );
}
