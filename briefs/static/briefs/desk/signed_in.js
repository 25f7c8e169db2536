// Tell the editors in other windows that somebody is signed in, and close this window if an editor opened it.

new BroadcastChannel("desk").postMessage({ signedIn: true });
window.close();
