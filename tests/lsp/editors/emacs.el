;;; With the documented settings loaded: opens the example, asks what a user would, and writes the answers as JSON.
;; FOLDER and OUT are in the environment. -*- lexical-binding: t -*-

;; Debian has no nix-mode: a mode of that name, for the same files, stands in for it.
(unless (fboundp 'nix-mode)
  (define-derived-mode nix-mode prog-mode "Nix")
  (add-to-list 'auto-mode-alist '("\\.nix\\'" . nix-mode)))

(require 'json)
(require 'seq)
(require 'xref)
(require 'flymake)

(defun until (happened)
  "Wait until HAPPENED gives something, and return that."
  (let ((deadline (+ (float-time) 60)) found)
    (while (not (setq found (funcall happened)))
      (when (> (float-time) deadline) (error "It does not happen: %S" happened))
      (accept-process-output nil 0.1))
    found))

(defun to (text after)
  "Go to TEXT, and AFTER characters on."
  (goto-char (point-min))
  (search-forward text)
  (goto-char (+ (match-beginning 0) after)))

(defun hover ()
  "What the server says of the place, once that is of the configuration as it is written."
  (let* ((answer (jsonrpc-request (eglot-current-server) :textDocument/hover (eglot--TextDocumentPositionParams)))
         (text (or (plist-get (plist-get answer :contents) :value) "")))
    (and (string-match-p "Value" text) (not (string-match-p "\\*From" text)) text)))

(find-file (expand-file-name "home.nix" (getenv "FOLDER")))
(run-hooks 'post-command-hook) ; in batch mode there are no commands, after which Eglot would start
(until #'eglot-current-server)
(let (answers line)
  (to "username" 1)
  (push (cons 'hover (until #'hover)) answers)
  (to "./git.nix" 3)
  (let ((found (xref-backend-definitions 'eglot (xref-backend-identifier-at-point 'eglot))))
    (push (cons 'definition (xref-location-group (xref-item-location (car found)))) answers))
  (to "programs.jq.enable" 0)
  (setq line (point))
  (insert "programs.git.\n  ")
  (goto-char (+ line (length "programs.git.")))
  (let* ((found (eglot-completion-at-point)) (table (nth 2 found)))
    (push (cons 'completion (vconcat (all-completions "" table))) answers))
  (delete-region line (+ line (length "programs.git.\n  ")))
  (to "programs.jq.enable" (length "programs.jq.enab"))
  (delete-char 2)
  (insert "el")
  (run-hooks 'post-command-hook)
  (eglot--signal-textDocument/didChange)
  (push (cons 'diagnostics
              (vconcat (until (lambda ()
                                (flymake-start)
                                (mapcar #'flymake-diagnostic-text (flymake-diagnostics))))))
        answers)
  (with-temp-file (getenv "OUT") (insert (json-encode answers)))
  (set-buffer-modified-p nil)
  (eglot-shutdown-all)
  (kill-emacs 0))
