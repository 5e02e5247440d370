// Stylesheets are bundled into one beside the script (scripts/setup/dashboard.mjs).
declare module '*.css';
