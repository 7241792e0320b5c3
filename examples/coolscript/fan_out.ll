; Fan-out and fan-in over owned lists, as a Coolscript compiler emits it:
;
;     fn square(item: Item):              # a task owns what it is given
;         let squares = []
;         for n in item.numbers: squares.push(n * n)
;         item.results.send(move squares)
;
;     fn main():
;         let results = channel(4)
;         for i in 0..8:
;             let numbers = [100 * i + 0, …, 100 * i + 99]
;             spawn square(move Item(numbers, results.sender()))
;         results.drop_sender()
;         let total = 0
;         for squares in results: total += squares.sum()
;         print(f"fan_out: 8 lists of 100 squares, {total} in all\n")
;
; What is moved is never touched again by who moved it, and has one cs_free, where its last owner's
; scope ends.
;
; `ptr` is LLVM's opaque pointer (15 and later), where the runtime's document writes i8*. cs_string_t
; goes as its two members: so C passes a structure of a pointer and an int64_t on x86-64 and AArch64.

%list = type { i64, [0 x i64] }            ; how many numbers, and those
%item = type { ptr, ptr }                  ; a list, and the channel for its squares

@line = private constant [46 x i8] c"fan_out: 8 lists of 100 squares, %lld in all\0A\00"

declare ptr @cs_alloc(i64)
declare void @cs_free(ptr)
declare void @cs_spawn(ptr, ptr)
declare ptr @cs_chan_create(i64, i64)
declare void @cs_chan_send(ptr, ptr)
declare i32 @cs_chan_receive(ptr, ptr)
declare void @cs_chan_clone_sender(ptr)
declare void @cs_chan_drop_sender(ptr)
declare void @cs_chan_destroy(ptr)
declare void @cs_print_str(ptr, i64)
declare i32 @snprintf(ptr, i64, ptr, ...)

; A list with room for `size` numbers.
define internal ptr @new_list(i64 %size) {
  %of_numbers = mul i64 %size, 8
  %bytes = add i64 %of_numbers, 8
  %list = call ptr @cs_alloc(i64 %bytes)
  store i64 %size, ptr %list
  ret ptr %list
}

; The task. It owns `data` and both that is in it.
define internal void @square(ptr %data) {
entry:
  %numbers = load ptr, ptr %data
  %at_results = getelementptr %item, ptr %data, i32 0, i32 1
  %results = load ptr, ptr %at_results
  call void @cs_free(ptr %data)

  %size = load i64, ptr %numbers
  %squares = call ptr @new_list(i64 %size)
  br label %head

head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %i, %size
  br i1 %more, label %body, label %end

body:
  %at_number = getelementptr %list, ptr %numbers, i32 0, i32 1, i64 %i
  %number = load i64, ptr %at_number
  %number_squared = mul i64 %number, %number
  %at_square = getelementptr %list, ptr %squares, i32 0, i32 1, i64 %i
  store i64 %number_squared, ptr %at_square
  %next = add i64 %i, 1
  br label %head

end:
  call void @cs_free(ptr %numbers)

  ; The channel's elements are pointers: the list is moved, not copied. No cs_free.
  %moved = alloca ptr
  store ptr %squares, ptr %moved
  call void @cs_chan_send(ptr %results, ptr %moved)
  call void @cs_chan_drop_sender(ptr %results)
  ret void
}

; 100 numbers from `first` on, moved to a task of their own, with a sender.
define internal void @hand_out(i64 %first, ptr %results) {
entry:
  %numbers = call ptr @new_list(i64 100)
  br label %head

head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp ult i64 %i, 100
  br i1 %more, label %body, label %end

body:
  %number = add i64 %first, %i
  %at_number = getelementptr %list, ptr %numbers, i32 0, i32 1, i64 %i
  store i64 %number, ptr %at_number
  %next = add i64 %i, 1
  br label %head

end:
  %item = call ptr @cs_alloc(i64 16)
  store ptr %numbers, ptr %item
  %at_results = getelementptr %item, ptr %item, i32 0, i32 1
  store ptr %results, ptr %at_results
  call void @cs_chan_clone_sender(ptr %results)
  call void @cs_spawn(ptr @square, ptr %item)
  ret void
}

; The sum of a list, which ends here.
define internal i64 @sum_of(ptr %list) {
entry:
  %size = load i64, ptr %list
  br label %head

head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %sum = phi i64 [ 0, %entry ], [ %with_number, %body ]
  %more = icmp ult i64 %i, %size
  br i1 %more, label %body, label %end

body:
  %at_number = getelementptr %list, ptr %list, i32 0, i32 1, i64 %i
  %number = load i64, ptr %at_number
  %with_number = add i64 %sum, %number
  %next = add i64 %i, 1
  br label %head

end:
  call void @cs_free(ptr %list)
  ret i64 %sum
}

define i32 @main() {
entry:
  %received = alloca ptr
  %text = alloca [96 x i8]
  %results = call ptr @cs_chan_create(i64 4, i64 8)
  br label %spawning

spawning:
  %i = phi i64 [ 0, %entry ], [ %next, %spawning ]
  %first = mul i64 %i, 100
  call void @hand_out(i64 %first, ptr %results)
  %next = add i64 %i, 1
  %all_out = icmp eq i64 %next, 8
  br i1 %all_out, label %out, label %spawning

out:
  ; main's own sender: with the tasks' dropped as well, the channel closes.
  call void @cs_chan_drop_sender(ptr %results)
  br label %gathering

gathering:
  %total = phi i64 [ 0, %out ], [ %with_list, %gathered ]
  %more = call i32 @cs_chan_receive(ptr %results, ptr %received)
  %open = icmp ne i32 %more, 0
  br i1 %open, label %gathered, label %end

gathered:
  %squares = load ptr, ptr %received
  %sum = call i64 @sum_of(ptr %squares)
  %with_list = add i64 %total, %sum
  br label %gathering

end:
  call void @cs_chan_destroy(ptr %results)
  %size = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %text, i64 96, ptr @line, i64 %total)
  %length = sext i32 %size to i64
  call void @cs_print_str(ptr %text, i64 %length)
  ret i32 0
}
